// The step for the code from the mail.

import { scope } from "./api.js";
import { back } from "./address.js";
import { add, clicks, go, wrong } from "./card.js";
import { $, mark, notify } from "./dom.js";
import { ask, flows, state } from "./flow.js";
import { afterProof, challenge, enter, finish } from "./onward.js";
import { clock } from "./words.js";

export function listen() {
  add("code", { title: () => "Check your mail", draw, field: () => $("code"), submit });
  $("code").addEventListener("input", group);
  clicks("resend", resend);
  clicks("to-password", () => challenge(state.token, "password redirect"));
  $("another").addEventListener("click", back);
}

const purposes = { signUp: "", signIn: "", reset: "It lets you choose a new password." };

function draw() {
  // A user name need not be an address; then only the server knows where the code went.
  $("sent-to").textContent = state.username.includes("@") ? state.username : state.label;
  $("sent-for").textContent = purposes[state.flow];
  $("code-hint").textContent = `${state.length} digits. Blanks don’t matter, pasting works.`;
  const inbox = $("to-inbox"); // not there when codes are really mailed
  if (inbox) inbox.search = new URLSearchParams({ to: state.username });
  $("to-password").hidden = !(state.flow === "signIn" && state.both);
  $("another").textContent = state.flow === "reset" ? "Back to sign-in" : "Use another address";
  $("code").value = "";
  mark($("code"), null);
  countDown();
}

// countDown keeps the resend button quiet for as long as the server wants.
let timer;
function countDown() {
  clearTimeout(timer);
  const seconds = Math.ceil((state.resendFrom - Date.now()) / 1000);
  const waiting = seconds > 0;
  $("resend").setAttribute("aria-disabled", String(waiting));
  $("resend").textContent = waiting ? `Send another code in ${clock(seconds)}` : "Send another code";
  if (waiting && state.step === "code") timer = setTimeout(countDown, 1000);
}

async function resend() {
  await challenge(state.token, state.wanted);
  notify($("notice"), "A new code is on its way. Only the newest one works.");
}

const digits = (text) => text.normalize("NFKC").replace(/\D/g, "");

// group shows the digits in two halves while they are typed or pasted, and leaves the caret where
// it was among them.
function group() {
  const field = $("code");
  const half = state.length / 2;
  const all = digits(field.value).slice(0, state.length);
  const before = Math.min(digits(field.value.slice(0, field.selectionStart)).length, all.length);
  field.value = all.length > half ? `${all.slice(0, half)} ${all.slice(half)}` : all;
  const caret = before > half ? before + 1 : before;
  field.setSelectionRange(caret, caret);
}

async function submit() {
  const code = digits($("code").value);
  mark($("code"), null);
  if (code.length !== state.length) return wrong($("code"), `The code has ${state.length} digits.`);
  const given = { continuation_token: state.token, grant_type: "oob", oob: code };
  try {
    if (state.flow === "signIn") return enter(await ask(flows.signIn.go, { ...given, scope }));
    const answer = await ask(flows[state.flow].go, given);
    if (state.flow === "reset") return go({ step: "choose", token: answer.continuation_token });
    await finish(answer);
  } catch (refusal) {
    if (refusal.suberror === "invalid_oob_value") return wrong($("code"), "That code isn’t right, or it’s no longer good. Try again, or have another one sent.");
    await afterProof(refusal);
  }
}
