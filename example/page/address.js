// The first step: who it is, the way to get in, and at a sign-up with a password that one, too.

import { add, draw, focus, go, wrong } from "./card.js";
import { $, mark } from "./dom.js";
import { choosing, offers, remember, state } from "./flow.js";
import { open, turn } from "./onward.js";
import { judge, refuse } from "./secret.js";

const words = {
  signUp: {
    title: "Create your account",
    way: "Sign up with",
    question: "Have an account?",
    other: "signIn",
    label: "Sign in",
    hints: { code: "Nothing to remember: each time, a code by mail.", password: "A password of yours, and one code by mail to confirm the address." },
  },
  signIn: {
    title: "Welcome back",
    way: "Sign in with",
    question: "New here?",
    other: "signUp",
    label: "Create an account",
    hints: { code: "A code by mail, which opens every account.", password: "The account’s password; where it has none, a code by mail." },
  },
};

const ways = () => [...document.querySelectorAll("input[name=way]")];

export function listen() {
  add("address", { title: () => words[state.flow].title, draw: drawAddress, field: () => $("address"), submit });
  for (const way of ways()) way.addEventListener("change", () => choose({ password: way.value === "password" }));
  $("beside").addEventListener("change", (event) => choose({ beside: event.currentTarget.value }));
  $("address").addEventListener("input", () => judge($("new-password"), false));
  $("switch").addEventListener("click", () => {
    remember({ username: $("address").value.trim() });
    turn(words[state.flow].other);
    focus();
  });
}

// choose changes the app, and leaves alone what was typed.
function choose(changes) {
  remember({ ...changes, username: $("address").value });
  if (!offers(state.password, state.beside)) remember({ beside: "" });
  draw();
}

const besides = {
  "": "",
  profile: "A few questions about you, after the code.",
  factor: "The address is the second factor: from then on, a code by mail after the password.",
  choice: "Choose one after signing up: mail, phone or an authenticator app.",
};

// drawBeside offers what apps ask for beside the way in. Profiles are for signing up alone.
function drawBeside() {
  const signingUp = state.flow === "signUp";
  for (const option of $("beside").options) {
    option.hidden = option.disabled = !offers(state.password, option.value) || (option.value === "profile" && !signingUp);
  }
  $("beside").value = state.beside === "profile" && !signingUp ? "" : state.beside;
  $("beside-hint").textContent = signingUp ? besides[state.beside] : "";
  $("beside-choice").hidden = !signingUp && !state.password;
}

function drawAddress() {
  const { way, hints, question, label } = words[state.flow];
  const chosen = state.password ? "password" : "code";
  $("way").textContent = way;
  for (const w of ways()) w.checked = w.value === chosen;
  drawBeside();
  $("way-hint").textContent = hints[chosen];
  $("address").value = state.username;
  mark($("address"), null);
  // Out of sight it is no field, for password managers neither.
  $("new-password-box").hidden = $("new-password").disabled = !choosing();
  mark($("new-password"), null);
  judge($("new-password"), false);
  $("address-go").textContent = state.password ? "Continue" : "Email me a code";
  $("switch-text").textContent = question;
  $("switch").textContent = label;
}

async function submit() {
  const username = $("address").value.trim();
  remember({ username });
  mark($("address"), null);
  mark($("new-password"), null);
  if (!username) return wrong($("address"), "Please type your email address.");
  const password = choosing() ? $("new-password").value : undefined;
  if (password === "") return wrong($("new-password"), "Please choose a password.");
  try {
    await open({ password });
  } catch (refusal) {
    if (refusal.codes?.includes(90100)) return wrong($("address"), "That isn’t an email address we can send a code to.");
    if (!refuse($("new-password"), refusal)) throw refusal;
  }
}

// back returns to this step with the address kept.
export function back() {
  if (state.flow === "reset") turn("signIn");
  go({ step: "address" });
}
