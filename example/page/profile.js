// The profile step: fields for the attributes that the server asks for.

import { back } from "./address.js";
import { add } from "./card.js";
import { $, make, mark } from "./dom.js";
import { ask, flows, state } from "./flow.js";
import { afterProof, finish } from "./onward.js";

// labels says how each attribute looks here. The server says which are wanted and which value it
// takes; words, order and kind of field are the app's own business.
const labels = {
  displayName: { label: "Name", hint: "How we greet you.", autocomplete: "name" },
  city: { label: "City", hint: "Letters, blanks, dots, apostrophes and hyphens.", autocomplete: "address-level2" },
  jobTitle: { label: "Job title", autocomplete: "organization-title" },
  extension_2588abcdwhtfeehjjeeqwertc_hobbies: { label: "Hobbies", choices: ["Dancing", "Swimming", "Traveling"] },
  extension_2588abcdwhtfeehjjeeqwertc_terms: { label: "I accept the terms of use", tick: true },
};

// offered are the optional attributes of the profile app. The server need not ask for them, and
// takes them along with the required ones.
const offered = ["jobTitle", "extension_2588abcdwhtfeehjjeeqwertc_hobbies"];

export function listen() {
  add("profile", { title: () => "About you", draw, field: () => $("profile-fields").querySelector("input"), submit });
  $("leave").addEventListener("click", back);
}

async function submit() {
  const box = $("profile-fields");
  const gap = missing(box);
  if (gap) return gap.focus();
  try {
    const attributes = JSON.stringify(read(box));
    await finish(await ask(flows.signUp.go, { continuation_token: state.token, grant_type: "attributes", attributes }));
  } catch (refusal) {
    if (refusal.suberror === "attribute_validation_failed") return refuse(box, refusal.invalid)?.focus();
    await afterProof(refusal);
  }
}

// draw shows a field for each attribute that the server requires, and for what is offered beside it.
// Attributes without a label get their name and a text field.
function draw() {
  const required = new Map(state.required.map((a) => [a.name, a]));
  const names = [...new Set([...Object.keys(labels), ...required.keys()])];
  $("profile-fields").replaceChildren(
    ...names
      .filter((name) => required.has(name) || offered.includes(name))
      .map((name) => field(name, labels[name] ?? { label: name }, required.get(name)?.required ?? false)),
  );
}

function field(name, look, required) {
  const id = `attribute-${name}`;
  const error = make("p", { id: `${id}-error`, className: "error", role: "alert", hidden: true });
  const shared = { id, name, attributes: { "aria-describedby": `${id}-error${look.hint ? ` ${id}-hint` : ""}`, "data-attribute": name } };
  if (required) shared.attributes["aria-required"] = "true";
  const note = required ? [] : [make("span", { className: "optional" }, " (optional)")];

  if (look.choices) {
    const group = make("fieldset", { ...shared, className: "field", tabIndex: -1 }, make("legend", {}, look.label, ...note));
    group.append(
      make("div", { className: "ticks" }, ...look.choices.map((choice) =>
        make("label", { className: "tick" }, make("input", { type: "checkbox", value: choice }), choice))),
      error,
    );
    return group;
  }
  if (look.tick) {
    const box = make("input", { ...shared, type: "checkbox" });
    return make("div", { className: "field" }, make("label", { className: "tick" }, box, make("span", {}, look.label, ...note)), error);
  }
  const input = make("input", { ...shared, type: "text", autocomplete: look.autocomplete ?? "off" });
  const parts = [make("label", { htmlFor: id }, look.label, ...note), input, error];
  if (look.hint) parts.push(make("p", { id: `${id}-hint`, className: "hint" }, look.hint));
  return make("div", { className: "field" }, ...parts);
}

const controls = (box) => [...box.querySelectorAll("[data-attribute]")];

function valueOf(control) {
  if (control.tagName === "FIELDSET") {
    return [...control.querySelectorAll(":checked")].map((c) => c.value).join(",");
  }
  return control.type === "checkbox" ? String(control.checked) : control.value.trim();
}

// read returns what has been filled in, by attribute; what was left empty is left out.
function read(box) {
  return Object.fromEntries(
    controls(box)
      .map((control) => [control.name || control.dataset.attribute, valueOf(control)])
      .filter(([, value]) => value !== ""),
  );
}

// missing marks the required fields that are empty and returns the first of them.
function missing(box) {
  let first;
  for (const control of controls(box)) {
    const value = valueOf(control);
    const empty = control.getAttribute("aria-required") === "true" && (value === "" || value === "false");
    mark(control, empty ? (control.type === "checkbox" ? "Please accept this to go on." : "Please fill this in.") : null);
    if (empty) first ??= control;
  }
  return first;
}

// refuse marks the fields named in an invalid_attributes list, with the server's reason, and returns
// the first of them.
function refuse(box, invalid) {
  let first;
  const reasons = new Map(invalid.map((a) => [a.name, a.reason]));
  for (const control of controls(box)) {
    const { attribute } = control.dataset;
    mark(control, reasons.has(attribute) ? reasons.get(attribute) || "This value isn’t accepted." : null);
    if (reasons.has(attribute)) first ??= control;
  }
  return first;
}
