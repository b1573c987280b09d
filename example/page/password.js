// The steps for a password alone: the one that an account has, at sign-in, and one to choose, at a
// reset or where the server asks a sign-up for it late.

import { Refusal } from "./api.js";
import { back } from "./address.js";
import { add, attempt, clicks, propose, wrong } from "./card.js";
import { $, mark, notify } from "./dom.js";
import { ask, flows, remember, state } from "./flow.js";
import { afterProof, challenge, finish, redeem, reset } from "./onward.js";
import { empty, refuse } from "./secret.js";

export function listen() {
  add("password", { title: () => "Welcome back", draw: drawPassword, field: () => $("password"), submit });
  clicks("forgot", reset);
  clicks("to-code", toCode);
  $("not-me").addEventListener("click", back);

  add("choose", { title: () => (state.flow === "reset" ? "Choose a new password" : "Choose a password"), draw: drawChoose, field: () => $("chosen"), submit: submitChosen });
  $("choose-leave").addEventListener("click", back);
}

function drawPassword() {
  $("password-user").value = state.username;
  empty($("password"));
}

async function submit() {
  const field = $("password");
  mark(field, null);
  if (!field.value) return wrong(field, "Please type your password.");
  try {
    await redeem({ grant_type: "password", password: field.value });
  } catch (refusal) {
    if (refusal.codes?.includes(50126)) return wrong(field, "That password isn’t right. Try again, use a code, or reset it.");
    if (refusal.codes?.includes(50142)) return propose("This password has to be replaced before you can go on.", "Reset the password", () => attempt(reset));
    throw refusal;
  }
}

// toCode has a code sent in place of the password. The way back stays open.
async function toCode() {
  try {
    await challenge(state.token, "oob redirect");
  } catch (refusal) {
    if (refusal.error !== "redirect") throw refusal;
    notify($("notice"), "No code can be sent for this account. Its password is the only way in.", { bad: true });
  }
}

function drawChoose() {
  const again = state.flow === "reset";
  $("chosen-user").value = state.username;
  $("chosen-label").textContent = again ? "New password" : "Password";
  $("choose-go").textContent = again ? "Set the new password" : "Continue";
  $("choose-leave").textContent = again ? "Back to sign-in" : "Use another address";
  empty($("chosen"));
}

async function submitChosen() {
  const field = $("chosen");
  mark(field, null);
  if (!field.value) return wrong(field, "Please choose a password.");
  try {
    await finish(await (state.flow === "reset" ? replace(field.value) : give(field.value)));
  } catch (refusal) {
    if (!refuse(field, refusal)) await afterProof(refusal);
  }
}

const give = (password) => ask(flows.signUp.go, { continuation_token: state.token, grant_type: "password", password });

// replace submits the new password and waits until it has landed. The token from before stays good
// for as long as it has not.
async function replace(password) {
  const submitted = await ask("resetpassword/v1.0/submit", { continuation_token: state.token, new_password: password });
  for (;;) {
    const answer = await ask("resetpassword/v1.0/poll_completion", { continuation_token: submitted.continuation_token });
    if (answer.status === "succeeded") return answer;
    if (answer.status === "failed") {
      remember({ token: answer.continuation_token });
      throw new Refusal(200, { error_description: "The new password could not be set. Try again." });
    }
    await new Promise((resolve) => setTimeout(resolve, submitted.poll_interval * 1000));
  }
}
