// From one step to the next: what the server wants now, and the end of it all.

import { scope } from "./api.js";
import { attempt, draw, focus, go, propose } from "./card.js";
import { $, notify, say } from "./dom.js";
import { abilities, ask, app, choosing, flows, remember, startOver, state, types } from "./flow.js";
import { forget } from "./secret.js";

let done; // called with the app, the tokens and perhaps news when somebody is in

export function onDone(f) {
  done = f;
}

// open starts the flow for the address in state and goes to the step that the server asks for.
export async function open(fields = {}) {
  const { start } = flows[state.flow];
  remember({ late: false, both: false, news: "" });
  try {
    const answer = await ask(start, { username: state.username, ...fields, challenge_type: types(), capabilities: abilities });
    await challenge(answer.continuation_token);
  } catch (refusal) {
    if (refusal.error === "user_already_exists") return offer("signIn", "There is an account with this address already.", "Sign in with this address");
    if (refusal.error === "user_not_found") return offer("signUp", "There is no account with this address yet.", "Create an account for it");
    throw refusal;
  }
}

// challenge lets the server ask for the password, or send a code, and goes where that is given.
export async function challenge(token, wanted = types()) {
  const answer = await ask(flows[state.flow].challenge, { continuation_token: token, challenge_type: wanted });
  if (answer.challenge_type === "password") {
    const late = state.flow === "signUp";
    return go({ token: answer.continuation_token, step: late ? "choose" : "password", first: "password", late, both: !late });
  }
  go({
    step: "code",
    first: "code",
    token: answer.continuation_token,
    wanted,
    label: answer.challenge_target_label,
    length: answer.code_length,
    resendFrom: Date.now() + (answer.interval ?? 0) * 1000,
  });
}

// offer proposes the other flow, with the address kept.
export function offer(flow, text, action) {
  propose(text, action, () => {
    turn(flow);
    if (choosing()) return $("new-password").focus();
    attempt(open);
  });
}

// turn changes to another flow at its first step. What was typed as a password was meant for the one
// before.
export function turn(flow) {
  remember({ flow, step: "address" });
  forget();
  draw();
}

// reset begins the reset of the password, from wherever in a sign-in.
export async function reset() {
  const { step } = state;
  remember({ flow: "reset" });
  try {
    await open();
  } catch (refusal) {
    if (!refusal.codes?.includes(500222)) throw refusal;
    notify($("notice"), "There is no password to reset on this account. Use a code to sign in.", { bad: true });
  } finally {
    if (state.step === step) remember({ flow: "signIn" });
  }
}

// afterProof deals with what the server may still want once the address is proven.
export async function afterProof(refusal) {
  if (refusal.error === "credential_required") {
    await challenge(refusal.token);
    say("Your address is confirmed.");
  } else if (refusal.error === "attributes_required") {
    go({ step: "profile", token: refusal.token, required: refusal.required });
    say("Your address is confirmed.");
  } else if (refusal.error === "user_already_exists") {
    go({ step: "address" });
    offer("signIn", "Meanwhile there is an account with this address.", "Sign in with this address");
  } else {
    throw refusal;
  }
}

const interrupts = {}; // by suberror, what goes on from there

// when says what to do with the token of an interrupt before the tokens.
export function when(suberror, goOn) {
  interrupts[suberror] = goOn;
}

// trade asks for the tokens that a proof is good for. It returns the way on, which is into the session or
// to a second factor.
async function trade(proof) {
  try {
    const tokens = await ask("oauth2/v2.0/token", { ...proof, scope });
    return () => enter(tokens);
  } catch (refusal) {
    const goOn = interrupts[refusal.suberror];
    if (!goOn) throw refusal;
    return () => goOn(refusal.token);
  }
}

// redeem does that with a code or a password.
export async function redeem(proof) {
  const goOn = await trade({ continuation_token: state.token, ...proof });
  await goOn();
}

const news = {
  signUp: ["", "Your account is ready. Sign in to go on."],
  signIn: ["", "That’s done. Sign in to go on."],
  reset: ["Your new password is set. Wherever else you were signed in, you’re signed out.", "Your new password is set. Sign in with it to go on."],
};

// finish trades the last token of a sign-up, a reset or a registration for a session. That is over by now,
// so whatever goes wrong here, signing in is the way on.
export async function finish(answer) {
  const { username, flow } = state;
  const [done, otherwise] = news[flow];
  remember({ news: done });
  let goOn;
  try {
    goOn = await trade({ continuation_token: answer.continuation_token, grant_type: "continuation_token", username });
  } catch {
    goOn = () => {
      turn("signIn");
      focus();
      notify($("notice"), otherwise);
    };
  }
  await goOn();
}

// enter ends the flow with a session.
function enter(tokens) {
  const { id } = app();
  const { news } = state;
  startOver();
  forget();
  draw(); // which clears what the last step had
  done(id, tokens, news);
}
