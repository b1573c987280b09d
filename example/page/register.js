// The registration of a second factor, where one is due and the account has none: mail, phone or an
// authenticator app.

import { Refusal } from "./api.js";
import { back } from "./address.js";
import * as authenticator from "./authenticator.js";
import { add, attempt, draw as redraw, go, propose, wrong } from "./card.js";
import { confirms } from "./confirm.js";
import { $, make, mark } from "./dom.js";
import { ask, remember, state } from "./flow.js";
import { finish, when } from "./onward.js";
import * as recovery from "./recovery.js";
import { icon } from "./ways.js";
import { explain } from "./words.js";

const kinds = {
  email: { name: "Mail", go: "Send a code", hint: "A code by mail each time you sign in.", wrong: "That isn’t an address that will do. Check it, or choose another one." },
  sms: { name: "Phone", go: "Send a code", hint: "A code by text message each time you sign in.", wrong: "That isn’t a number that we can send messages to. It begins with the country’s code, as +44." },
  totp: { name: "App", go: "Set up the app", hint: "An authenticator app on your phone, which shows codes without a network." },
};

const contact = () => $(`contact-${state.kind}`); // an app has none

export function listen() {
  add("register", { title: () => "Choose a second factor", draw, field: () => contact() ?? $("register-kinds").querySelector(":checked"), submit });
  $("register-leave").addEventListener("click", back);
  for (const kind of ["email", "sms"]) {
    $(`contact-${kind}`).addEventListener("input", (event) => remember({ contacts: { ...state.contacts, [kind]: event.currentTarget.value } }));
  }
  when("registration_required", begin);
  confirms("register", {
    submit: async (code) => finish(await prove({ grant_type: "oob", oob: code })),
    again: send,
    other: () => "Choose something else",
    leave: () => go({ step: "register" }),
  });
  authenticator.onCode(confirmApp);
}

async function begin(token) {
  remember({ token });
  await list();
}

// list asks what can be registered.
async function list() {
  try {
    const answer = await ask("register/v1.0/introspect", { continuation_token: state.token });
    const methods = answer.methods.filter((m) => m.challenge_channel in kinds);
    const contacts = Object.fromEntries(methods.map((m) => [m.challenge_channel, m.login_hint]));
    go({ step: "register", token: answer.continuation_token, kinds: Object.keys(contacts), kind: methods[0].challenge_channel, contacts });
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || refusal.over) throw refusal;
    propose(explain(refusal), "Try again", () => attempt(list));
  }
}

function draw() {
  $("register-kinds").replaceChildren(
    ...state.kinds.map((kind) => {
      const radio = make("input", { type: "radio", name: "kind", value: kind, checked: kind === state.kind, onchange: () => choose(kind), attributes: { "aria-describedby": "register-hint" } });
      return make("label", {}, radio, make("span", {}, icon(kind), kinds[kind].name));
    }),
  );
  $("register-hint").textContent = kinds[state.kind].hint;
  for (const kind of ["email", "sms"]) {
    const field = $(`contact-${kind}`);
    field.value = state.contacts[kind] ?? "";
    field.disabled = field.closest(".field").hidden = kind !== state.kind;
    mark(field, null);
  }
  $("register-go").textContent = kinds[state.kind].go;
}

// choose shows another kind, and leaves the focus on the choice.
function choose(kind) {
  remember({ kind });
  redraw();
  $("register-kinds").querySelector(":checked").focus();
}

async function submit() {
  const field = contact();
  if (field && !field.value.trim()) return wrong(field, state.kind === "sms" ? "Please type your number." : "Please type your email address.");
  try {
    await send();
  } catch (refusal) {
    if (!field) throw refusal;
    if (refusal.codes?.includes(901001)) return wrong(field, kinds[state.kind].wrong);
    if (refusal.suberror === "provider_blocked_by_rep") return wrong(field, "No codes are sent there, since it’s known for abuse. Choose another one.");
    if (refusal.error === "access_denied") return wrong(field, "That can’t be a second factor here. Choose another one.");
    throw refusal;
  }
}

// send has a code sent to the contact, or the secret made for an app. What has been proven already needs
// neither.
async function send() {
  const to = contact()?.value.trim();
  const answer = await ask("register/v1.0/challenge", { continuation_token: state.token, challenge_type: "oob", challenge_target: to, challenge_channel: state.kind });
  remember({ token: answer.continuation_token });
  if (answer.challenge_type === "preverified") return finish(await prove({ grant_type: "continuation_token" }));
  if (answer.otpauth_uri) return authenticator.open(answer.otpauth_uri);
  go({
    step: "confirm",
    asked: { why: "register", channel: answer.challenge_channel, label: answer.challenge_target, to: answer.challenge_target, length: answer.code_length },
    resendFrom: Date.now() + (answer.interval ?? 0) * 1000,
  });
}

const prove = (proof) => ask("register/v1.0/continue", { continuation_token: state.token, ...proof });

// confirmApp ends the registration of an app, with the recovery codes that come with it.
async function confirmApp(code) {
  const answer = await prove({ grant_type: "oob", oob: code });
  if (answer.recovery_codes?.length) recovery.open(answer.recovery_codes, answer.continuation_token);
  else await finish(answer);
}
