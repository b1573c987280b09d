// Fields for codes of digits, and the buttons that have another one sent.

import { clock } from "./words.js";

export const digits = (text) => text.normalize("NFKC").replace(/\D/g, "");

// group shows the digits in two halves while they are typed or pasted, and leaves the caret where it was
// among them.
export function group(field, length) {
  const half = length / 2;
  const all = digits(field.value).slice(0, length);
  const before = Math.min(digits(field.value.slice(0, field.selectionStart)).length, all.length);
  field.value = all.length > half ? `${all.slice(0, half)} ${all.slice(half)}` : all;
  const caret = before > half ? before + 1 : before;
  field.setSelectionRange(caret, caret);
}

const timers = new Map();

// countDown keeps a button quiet until the server sends another code.
export function countDown(button, from) {
  clearTimeout(timers.get(button));
  const seconds = Math.ceil((from - Date.now()) / 1000);
  const waiting = seconds > 0;
  button.setAttribute("aria-disabled", String(waiting));
  button.textContent = waiting ? `Send another code in ${clock(seconds)}` : "Send another code";
  if (waiting && !button.form.hidden) timers.set(button, setTimeout(() => countDown(button, from), 1000));
}
