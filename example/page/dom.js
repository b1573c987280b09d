// The few lines between this page and the document. Text only ever becomes text: nothing that a
// person or a server wrote is parsed as HTML.

export const $ = (id) => document.getElementById(id);

// make returns a new element: make("p", { className: "hint" }, "text", child).
export function make(tag, properties = {}, ...children) {
  const { attributes = {}, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// svg does that for a picture, whose properties are attributes.
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// say tells a screen reader what the eye sees anyway.
export function say(text) {
  $("status").textContent = text;
}

// notify fills a notice; null hides it. An action is a button below the text.
export function notify(notice, text, { bad = false, action, onAction } = {}) {
  notice.hidden = !text;
  notice.classList.toggle("bad", bad);
  notice.replaceChildren(text ?? "");
  if (action) notice.append(" ", make("button", { type: "button", className: "link", onclick: onAction }, action));
}

// mark shows what is wrong with a field, or that nothing is.
export function mark(field, text) {
  const error = $(`${field.id}-error`);
  error.textContent = text ?? "";
  error.hidden = !text;
  if (text) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

// during marks an element as busy while work runs, and lets no second run start meanwhile.
export async function during(element, work) {
  if (element.getAttribute("aria-busy") === "true") return;
  element.setAttribute("aria-busy", "true");
  try {
    await work();
  } finally {
    element.removeAttribute("aria-busy");
  }
}
