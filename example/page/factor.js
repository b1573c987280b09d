// The choice of a second factor at sign-in, among the methods that the account has.

import { Refusal } from "./api.js";
import { back } from "./address.js";
import { add, attempt, go, propose } from "./card.js";
import { confirms } from "./confirm.js";
import { $, make } from "./dom.js";
import { ask, remember, state } from "./flow.js";
import { redeem, when } from "./onward.js";
import { icon, way } from "./ways.js";
import { explain } from "./words.js";

export function listen() {
  add("factor", { title: () => "Confirm it’s you", draw, field: () => $("factor-list").querySelector("button"), submit: () => {} });
  $("factor-leave").addEventListener("click", back);
  when("mfa_required", begin);
  confirms("second", {
    submit: (code) => redeem({ grant_type: "mfa_oob", oob: code }),
    again: () => choose(state.methods.find((m) => m.id === state.asked.id)),
    other: () => (state.methods.length > 1 ? "Confirm another way" : ""),
    leave: () => go({ step: "factor" }),
  });
}

async function begin(token) {
  remember({ token });
  await list();
}

// list asks for the methods. Where there is no choice, recovery codes aside, none is offered.
async function list() {
  try {
    const answer = await ask("oauth2/v2.0/introspect", { continuation_token: state.token });
    remember({ token: answer.continuation_token, methods: answer.methods });
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || refusal.over) throw refusal;
    return propose(explain(refusal), "Try again", () => attempt(list));
  }
  const [only, ...more] = state.methods.filter((m) => m.challenge_channel !== "recovery");
  if (!only || more.length) return go({ step: "factor" });
  try {
    await choose(only);
  } catch (refusal) {
    go({ step: "factor" });
    throw refusal;
  }
}

// choose has the account's owner asked by one of the methods.
async function choose({ id }) {
  const answer = await ask("oauth2/v2.0/challenge", { continuation_token: state.token, id, challenge_type: "oob redirect" });
  go({
    step: "confirm",
    token: answer.continuation_token,
    asked: { why: "second", id, channel: answer.challenge_channel, label: answer.challenge_target_label, length: answer.code_length },
    resendFrom: Date.now() + (answer.interval ?? 0) * 1000,
  });
}

function draw() {
  $("factor-list").replaceChildren(
    ...state.methods.map((method) => {
      const { name, hint } = way(method.challenge_channel);
      const words = make("span", {}, make("strong", {}, name), make("span", { className: "unseen" }, ", "), make("span", {}, hint ?? method.login_hint));
      const button = make("button", { type: "button", className: "way", onclick: () => attempt(() => choose(method)) }, icon(method.challenge_channel), words);
      return make("li", {}, button);
    }),
  );
}
