// The card with the steps on it: one at a time, with a title and the way there.

import { Refusal } from "./api.js";
import { $, during, make, mark, notify } from "./dom.js";
import { remember, state } from "./flow.js";
import { explain } from "./words.js";

// steps are added by the modules that know them: title() and draw() say what is there now, field()
// where the person goes on.
const steps = {};

// add makes a step known. submit is what its form does, and clear, where there is one, takes off the page
// what is not to stay there when the step is not shown.
export function add(name, { submit, ...step }) {
  steps[name] = step;
  submits(`${name}-step`, submit);
}

const labels = {
  address: "Address", code: "Code", password: "Password", choose: "Password", profile: "Profile",
  factor: "Second factor", recovery: "Recovery codes",
};

// stages names the steps that are stages of one.
const stages = { confirm: "factor", register: "factor", authenticator: "factor" };
const stage = () => stages[state.step] ?? state.step;

// way lists the stages of the flow as far as they can be known.
function way() {
  const { flow, password, beside, late, first } = state;
  const second = beside === "choice" || (beside === "factor" && flow !== "signUp") || ["factor", "recovery"].includes(stage());
  const end = [...(second ? ["factor"] : []), ...(stage() === "recovery" ? ["recovery"] : [])];
  if (flow === "reset") return ["code", "choose", ...end];
  if (flow === "signIn") return ["address", stage() !== "address" ? first : password ? "password" : "code", ...end];
  return ["address", "code", ...(late ? ["choose"] : []), ...(beside === "profile" ? ["profile"] : []), ...end];
}

export function draw() {
  $("gate-title").textContent = steps[state.step].title();
  const order = way();
  $("steps").replaceChildren(
    ...order.map((step, i) => {
      const item = make("li", {}, state.flow === "reset" && step === "choose" ? "New password" : labels[step]);
      if (step === stage()) item.setAttribute("aria-current", "step");
      if (i < order.indexOf(stage())) {
        item.className = "done";
        item.append(make("span", { className: "unseen" }, " (done)"));
      }
      return item;
    }),
  );
  for (const [name, step] of Object.entries(steps)) {
    $(`${name}-step`).hidden = name !== state.step;
    if (name !== state.step) step.clear?.();
  }
  notify($("notice"), null);
  steps[state.step].draw();
}

// focus goes to where the person goes on.
export function focus() {
  const field = steps[state.step].field();
  field.focus();
  if (field.select) field.select();
}

// go shows another step.
export function go(changes) {
  remember(changes);
  draw();
  focus();
}

// wrong says what is wrong with a field and lets it be typed over.
export function wrong(field, text) {
  mark(field, text);
  field.focus();
  field.select();
}

function submits(id, step) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(step);
  });
}

// attempt runs a step and deals with every refusal that the step leaves to it.
export function attempt(step) {
  return during($(`${state.step}-step`), async () => {
    notify($("notice"), null);
    try {
      await step();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.over) {
        go({ step: "address", flow: state.flow === "reset" ? "signIn" : state.flow });
        notify($("notice"), "That has taken too long. Start again: your address is still here.", { bad: true });
      } else {
        notify($("notice"), explain(refusal), { bad: true });
      }
    }
  });
}

// clicks lets a button run a step, as submitting does.
export function clicks(id, step) {
  $(id).addEventListener("click", () => {
    if ($(id).getAttribute("aria-disabled") !== "true") attempt(step);
  });
}

// propose puts a way on that is one click away, and the focus on it.
export function propose(text, action, onAction) {
  notify($("notice"), text, { action, onAction });
  $("notice").querySelector("button").focus();
}
