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
  id: d.value, name: d.textContent, password: d.dataset.password === "true", profile: d.dataset.profile === "true",
}));

// app is the client that goes with what was chosen.
export const app = () => apps.find((a) => a.password === state.password && a.profile === state.profile);

export const nameOf = (id) => apps.find((a) => a.id === id)?.name ?? id;

// state is all there is to know. It is kept beside the tokens, so that somebody who went to read the
// mail and finds the page reloaded goes on where they were.
export let state = recall() ?? fresh();

function fresh() {
  return { flow: "signUp", step: "address", password: false, profile: false, username: "" };
}

function recall() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key));
    return kept.flow in flows && "password" in kept ? kept : null;
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
  const { password, profile } = state;
  sessionStorage.removeItem(key);
  state = { ...fresh(), flow: "signIn", password, profile };
}

// choosing says that the flow wants a password along with the address.
export const choosing = () => state.flow === "signUp" && state.password;

// types are the ways of proof that the flow can do with.
export const types = () => (state.password && state.flow !== "reset" ? "oob password redirect" : "oob redirect");

// ask sends a step with what all steps have in common.
export function ask(step, fields) {
  return post(step, { client_id: app().id, ...fields });
}
