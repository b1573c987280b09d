// The step for the code of a method: a second factor, or a contact that is about to become one.

import { add, clicks, wrong } from "./card.js";
import { countDown, digits, group } from "./digits.js";
import { $, make, mark, notify } from "./dom.js";
import { state } from "./flow.js";
import { way } from "./ways.js";

const purposes = {}; // by name, what becomes of the code

// confirms makes a purpose known. submit(code) gives the code, again() has another one sent, other() names
// the way out, which leave() takes, or is "".
export function confirms(why, purpose) {
  purposes[why] = purpose;
}

const purpose = () => purposes[state.asked.why];

export function listen() {
  add("confirm", { title: () => way(state.asked.channel).title, draw, field: () => $("confirm"), submit });
  $("confirm").addEventListener("input", () => {
    if (!typed()) group($("confirm"), state.asked.length);
  });
  clicks("confirm-resend", resend);
  $("confirm-other").addEventListener("click", () => purpose().leave());
}

// typed tells a code of letters and digits from one of digits.
const typed = () => state.asked.channel === "recovery";
const sent = () => ["email", "sms"].includes(state.asked.channel);

function draw() {
  const { channel, label, length, to } = state.asked;
  const field = $("confirm");
  $("confirm-lead").replaceChildren(...lead(channel, label));
  $("confirm-label").textContent = way(channel).label;
  $("confirm-hint").textContent = typed()
    ? `${length} letters and digits. Blanks and hyphens don’t matter.`
    : `${length} digits. Blanks don’t matter, pasting works.`;
  field.classList.toggle("letters", typed());
  field.inputMode = typed() ? "text" : "numeric";
  field.autocomplete = typed() ? "off" : "one-time-code";
  field.value = "";
  mark(field, null);
  $("confirm-resend").hidden = !sent();
  countDown($("confirm-resend"), state.resendFrom);
  $("confirm-other").textContent = purpose().other();
  $("confirm-other").hidden = !purpose().other();
  const inbox = $("confirm-inbox"); // not there when codes are really sent
  if (inbox) {
    inbox.closest("p").hidden = !sent();
    inbox.search = to ? new URLSearchParams({ to }) : "";
  }
}

function lead(channel, label) {
  switch (channel) {
    case "sms": return ["We’ve sent a message with a code to ", make("strong", {}, label), "."];
    case "totp": return ["Open your authenticator app and type the digits that it shows for ", make("strong", {}, document.title), "."];
    case "recovery": return ["Type one of the recovery codes that you have kept. Each is good once."];
  }
  return ["We’ve sent a code to ", make("strong", {}, label), "."];
}

async function resend() {
  await purpose().again();
  notify($("notice"), "A new code is on its way. Only the newest one works.");
}

async function submit() {
  const field = $("confirm");
  const { length, channel } = state.asked;
  const code = typed() ? field.value.normalize("NFKC").replace(/[\s-]/g, "") : digits(field.value);
  mark(field, null);
  if (code.length !== length) return wrong(field, `The code has ${length} ${typed() ? "letters and digits" : "digits"}.`);
  try {
    await purpose().submit(code);
  } catch (refusal) {
    if (refusal.suberror !== "invalid_oob_value") throw refusal;
    wrong(field, way(channel).wrong);
  }
}
