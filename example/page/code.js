// The step for the code from the mail.

import { back } from "./address.js";
import { add, attempt, clicks, go, propose, wrong } from "./card.js";
import { countDown, digits, group } from "./digits.js";
import { $, mark, notify } from "./dom.js";
import { ask, flows, state } from "./flow.js";
import { afterProof, challenge, finish, redeem } from "./onward.js";

export function listen() {
  add("code", { title: () => "Check your mail", draw, field: () => $("code"), submit });
  $("code").addEventListener("input", () => group($("code"), state.length));
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
  countDown($("resend"), state.resendFrom);
}

async function resend() {
  await challenge(state.token, state.wanted);
  notify($("notice"), "A new code is on its way. Only the newest one works.");
}

async function submit() {
  const code = digits($("code").value);
  mark($("code"), null);
  if (code.length !== state.length) return wrong($("code"), `The code has ${state.length} digits.`);
  const given = { grant_type: "oob", oob: code };
  try {
    if (state.flow === "signIn") return await redeem(given);
    const answer = await ask(flows[state.flow].go, { continuation_token: state.token, ...given });
    if (state.flow === "reset") return go({ step: "choose", token: answer.continuation_token });
    await finish(answer);
  } catch (refusal) {
    if (refusal.suberror === "invalid_oob_value") return wrong($("code"), "That code isn’t right, or it’s no longer good. Try again, or have another one sent.");
    if (refusal.codes?.includes(400002)) return needsOther();
    await afterProof(refusal);
  }
}

// needsOther says that the code was right and is one proof only: another to this mailbox would be no second
// one.
function needsOther() {
  const text = "The code is right, but this account needs more than its mailbox.";
  if (!state.both) return notify($("notice"), `${text} Sign in with its password.`, { bad: true });
  propose(text, "Use the password", () => attempt(() => challenge(state.token, "password redirect")));
}
