// The flow under way: what is known of it, and where its steps are sent. A password is never kept.

import { post } from "./api.js";
import { $ } from "./dom.js";

const key = "contoso.flow";

// flows says where the steps go that all flows have in common.
export const flows = {
  signUp: { start: "signup/v1.0/start", challenge: "signup/v1.0/challenge", go: "signup/v1.0/continue" },
  signIn: { start: "oauth2/v2.0/initiate", challenge: "oauth2/v2.0/challenge", go: "oauth2/v2.0/token" },
  reset: { start: "resetpassword/v1.0/start", challenge: "resetpassword/v1.0/challenge", go: "resetpassword/v1.0/continue" },
};

const apps = [...$("apps").children].map((d) => ({
  id: d.value, name: d.textContent, password: d.dataset.password === "true", beside: d.dataset.beside,
}));

// app is the client that goes with what was chosen.
export const app = () => apps.find((a) => a.password === state.password && a.beside === state.beside);

export const nameOf = (id) => apps.find((a) => a.id === id)?.name ?? id;

// offers says whether an app asks for that beside a way in.
export const offers = (password, beside) => apps.some((a) => a.password === password && a.beside === beside);

// state is all there is to know. It is kept beside the tokens, so that somebody who went to read the
// mail and finds the page reloaded goes on where they were.
export let state = recall() ?? fresh();

function fresh() {
  return { flow: "signUp", step: "address", password: false, beside: "", username: "" };
}

function recall() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key));
    if (!(kept.flow in flows && "beside" in kept)) return null;
    // What an app is set up with was on the page alone.
    return kept.step === "authenticator" ? { ...kept, step: "register" } : kept;
  } catch {
    return null;
  }
}

export function remember(changes) {
  Object.assign(state, changes);
  sessionStorage.setItem(key, JSON.stringify(state));
}

// startOver forgets all but the way to get in.
export function startOver() {
  const { password, beside } = state;
  sessionStorage.removeItem(key);
  state = { ...fresh(), flow: "signIn", password, beside };
}

// choosing says that the flow wants a password along with the address.
export const choosing = () => state.flow === "signUp" && state.password;

// types are the ways of proof that the flow can do with.
export const types = () => (state.password && state.flow !== "reset" ? "oob password redirect" : "oob redirect");

// abilities are what the page can do when a second factor is due.
export const abilities = "mfa_required registration_required";

// ask sends a step with what all steps have in common.
export function ask(step, fields) {
  return post(step, { client_id: app().id, ...fields });
}
