// Signing up and signing in: three steps on one card, one state behind them.

import { Refusal, post, scope } from "./api.js";
import { $, during, make, mark, notify, say } from "./dom.js";
import * as profile from "./profile.js";
import { clock, explain } from "./words.js";

const key = "contoso.flow";

// The same three steps run either way; only where they are sent differs.
const flows = {
  signUp: {
    title: "Create your account",
    start: "signup/v1.0/start",
    challenge: "signup/v1.0/challenge",
    question: "Have an account?",
    other: { flow: "signIn", label: "Sign in" },
  },
  signIn: {
    title: "Welcome back",
    start: "oauth2/v2.0/initiate",
    challenge: "oauth2/v2.0/challenge",
    question: "New here?",
    other: { flow: "signUp", label: "Create an account" },
  },
};

const apps = () => [...document.querySelectorAll("input[name=app]")];

// state is all there is to know about a flow under way. It is kept beside the tokens, so that
// somebody who went to read the mail and finds the page reloaded goes on where they were.
let state;
let done; // called with the app and the tokens when somebody is in

function fresh() {
  return { flow: "signUp", step: "address", app: apps()[0].value, username: "" };
}

// recall returns the flow that was under way, if its app is still there.
function recall() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key));
    return apps().some((a) => a.value === kept.app) ? kept : null;
  } catch {
    return null;
  }
}

function remember(changes) {
  Object.assign(state, changes);
  sessionStorage.setItem(key, JSON.stringify(state));
}

// begin shows the card. onDone gets the app and the tokens of whoever signs in.
export function begin(onDone) {
  done = onDone;
  state = recall() ?? fresh();
  listen();
  draw();
}

// reopen shows the card again after a session, for another sign-in with the same app.
export function reopen(text, bad = false) {
  remember({ ...fresh(), flow: "signIn", app: state.app });
  draw();
  notify($("notice"), text, { bad });
  focus();
}

function draw() {
  const flow = flows[state.flow];
  const app = apps().find((a) => a.value === state.app);
  const hasProfile = app.dataset.profile === "true";
  app.checked = true;
  $("gate-title").textContent = state.step === "profile" ? "About you" : state.step === "code" ? "Check your mail" : flow.title;
  $("app-hint").textContent =
    state.flow === "signIn" ? "Both open with the same account." : hasProfile ? "Also asks for a name, a city and the terms." : "Asks for your address and nothing else.";
  $("switch-text").textContent = flow.question;
  $("switch").textContent = flow.other.label;

  const names = { address: "Address", code: "Code" };
  if (state.flow === "signUp" && hasProfile) names.profile = "Profile";
  const order = Object.keys(names);
  $("steps").replaceChildren(
    ...order.map((step, i) => {
      const item = make("li", {}, names[step]);
      if (step === state.step) item.setAttribute("aria-current", "step");
      if (i < order.indexOf(state.step)) {
        item.className = "done";
        item.append(make("span", { className: "unseen" }, " (done)"));
      }
      return item;
    }),
  );

  for (const step of ["address", "code", "profile"]) $(`${step}-step`).hidden = step !== state.step;
  notify($("notice"), null);
  $("address").value = state.username;
  mark($("address"), null);
  if (state.step === "code") drawCode();
  if (state.step === "profile") profile.draw($("profile-fields"), state.wanted);
}

function drawCode() {
  // A user name need not be an address; then only the server knows where the code went.
  $("sent-to").textContent = state.username.includes("@") ? state.username : state.label;
  $("code-hint").textContent = `${state.length} digits. Blanks don’t matter, pasting works.`;
  const inbox = $("to-inbox"); // not there when codes are really mailed
  if (inbox) inbox.search = new URLSearchParams({ to: state.username });
  $("code").value = "";
  mark($("code"), null);
  countDown();
}

// focus goes to where the person goes on.
function focus() {
  const field = state.step === "profile" ? $("profile-fields").querySelector("input") : $(state.step);
  field.focus();
  if (field.select) field.select();
}

function go(changes) {
  remember(changes);
  draw();
  focus();
}

function listen() {
  submits("address-step", submitAddress);
  submits("code-step", submitCode);
  submits("profile-step", submitProfile);
  for (const app of apps()) {
    app.addEventListener("change", () => {
      const typed = $("address").value;
      remember({ app: app.value, username: typed });
      draw();
    });
  }
  $("switch").addEventListener("click", () => go({ flow: flows[state.flow].other.flow, username: $("address").value.trim() }));
  $("another").addEventListener("click", () => go({ step: "address" }));
  $("leave").addEventListener("click", () => go({ step: "address" }));
  $("resend").addEventListener("click", () => {
    if ($("resend").getAttribute("aria-disabled") !== "true") attempt($("code-step"), resend);
  });
  $("code").addEventListener("input", group);
}

function submits(id, step) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(event.currentTarget, step);
  });
}

// attempt runs a step and deals with every refusal that the step leaves to it.
function attempt(form, step) {
  return during(form, async () => {
    notify($("notice"), null);
    try {
      await step();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.over) {
        go({ step: "address" });
        notify($("notice"), "That has taken too long, and the code is no longer good. Start again: your address is still here.", { bad: true });
      } else {
        notify($("notice"), explain(refusal), { bad: true });
      }
    }
  });
}

async function submitAddress() {
  const username = $("address").value.trim();
  remember({ username });
  mark($("address"), null);
  if (!username) return wrong($("address"), "Please type your email address.");
  const flow = flows[state.flow];
  try {
    const answer = await post(flow.start, { client_id: state.app, username, challenge_type: "oob redirect" });
    await challenge(answer.continuation_token);
  } catch (refusal) {
    if (refusal.error === "user_already_exists") return offer("signIn", "There is an account with this address already.", "Sign in with this address");
    if (refusal.error === "user_not_found") return offer("signUp", "There is no account with this address yet.", "Create an account for it");
    if (refusal.codes?.includes(90100)) return wrong($("address"), "That isn’t an email address we can send a code to.");
    throw refusal;
  }
  go({ step: "code" });
}

// challenge has a code sent and remembers what the server says about it.
async function challenge(token) {
  const answer = await post(flows[state.flow].challenge, { client_id: state.app, continuation_token: token, challenge_type: "oob redirect" });
  remember({
    token: answer.continuation_token,
    label: answer.challenge_target_label,
    length: answer.code_length,
    resendFrom: Date.now() + (answer.interval ?? 0) * 1000,
  });
}

// offer proposes the other flow, with the address kept.
function offer(flow, text, action) {
  notify($("notice"), text, {
    action,
    onAction: () => {
      remember({ flow, step: "address" });
      draw();
      attempt($("address-step"), submitAddress);
    },
  });
  $("notice").querySelector("button").focus();
}

function wrong(field, text) {
  mark(field, text);
  field.focus();
  field.select();
}

async function resend() {
  await challenge(state.token);
  drawCode();
  $("code").focus();
  notify($("notice"), "A new code is on its way. Only the newest one works.");
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

async function submitCode() {
  const code = digits($("code").value);
  mark($("code"), null);
  if (code.length !== state.length) return wrong($("code"), `The code has ${state.length} digits.`);
  const step = { client_id: state.app, continuation_token: state.token, grant_type: "oob", oob: code };
  try {
    if (state.flow === "signIn") return enter(await post("oauth2/v2.0/token", { ...step, scope }));
    await finish(await post("signup/v1.0/continue", step));
  } catch (refusal) {
    if (refusal.suberror === "invalid_oob_value") return wrong($("code"), "That code isn’t right, or it’s no longer good. Try again, or have another one sent.");
    await afterProof(refusal);
  }
}

async function submitProfile() {
  const box = $("profile-fields");
  const gap = profile.missing(box);
  if (gap) return gap.focus();
  try {
    const attributes = JSON.stringify(profile.read(box));
    await finish(await post("signup/v1.0/continue", { client_id: state.app, continuation_token: state.token, grant_type: "attributes", attributes }));
  } catch (refusal) {
    if (refusal.suberror === "attribute_validation_failed") return profile.refuse(box, refusal.invalid)?.focus();
    await afterProof(refusal);
  }
}

// afterProof deals with what the server may still say once the address is proven.
function afterProof(refusal) {
  if (refusal.error === "attributes_required") {
    go({ step: "profile", token: refusal.token, wanted: refusal.required });
    say("Your address is confirmed.");
  } else if (refusal.error === "user_already_exists") {
    go({ step: "address" });
    offer("signIn", "Meanwhile there is an account with this address.", "Sign in with this address");
  } else {
    throw refusal;
  }
}

// finish trades the last token of a sign-up for a session. The account exists by now, so whatever
// goes wrong here, signing in is the way on.
async function finish(answer) {
  const { app, username } = state;
  try {
    enter(await post("oauth2/v2.0/token", { client_id: app, continuation_token: answer.continuation_token, grant_type: "continuation_token", username, scope }));
  } catch {
    go({ flow: "signIn", step: "address" });
    notify($("notice"), "Your account is ready. Sign in to go on.");
  }
}

function enter(tokens) {
  const { app } = state;
  sessionStorage.removeItem(key);
  state = { ...fresh(), app };
  done(app, tokens);
}
