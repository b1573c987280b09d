// Fields for passwords: shown on demand, and where one is chosen, with the rules beside it before
// anything is refused. The server is the judge; here is what can be known while somebody types.

import { wrong } from "./card.js";
import { $, mark, say } from "./dom.js";
import { state } from "./flow.js";
import { ofPassword } from "./words.js";

const least = Number(document.documentElement.dataset.least);
const own = document.title; // the name of this app, which is easily guessed too

const fields = () => [...document.querySelectorAll("input[data-secret]")];

// listen makes the buttons work that show what was typed.
export function listen() {
  for (const field of fields()) {
    $(`${field.id}-show`).addEventListener("click", () => show(field, field.type === "password"));
    field.addEventListener("input", () => {
      mark(field, null); // what was refused was another one
      if (field.dataset.secret === "new") judge(field, true);
    });
    // What is sent is a password and not a text: browsers remember texts, and offer them again.
    field.form.addEventListener("submit", () => show(field, false));
  }
}

function show(field, shown) {
  const { selectionStart, selectionEnd } = field;
  field.type = shown ? "text" : "password";
  if (field === document.activeElement) field.setSelectionRange(selectionStart, selectionEnd);
  $(`${field.id}-show`).setAttribute("aria-pressed", String(shown));
}

// empty draws a field anew.
export function empty(field) {
  field.value = "";
  show(field, false);
  mark(field, null);
  if (field.dataset.secret === "new") judge(field, false);
}

// forget empties all fields.
export function forget() {
  fields().forEach(empty);
}

const fold = (text) => text.normalize("NFKC").toLowerCase();

// isOwn tells whether a password is made of what everybody knows, and next to nothing else.
function isOwn(password, username) {
  const known = fold(`${username} ${own}`).split(/[^\p{L}\p{N}]+/u).filter((part) => part.length >= 3);
  let rest = fold(password);
  for (const part of known.sort((a, b) => b.length - a.length)) rest = rest.replaceAll(part, "");
  const letters = rest.replace(/\P{L}/gu, "");
  return rest !== fold(password) && letters.length <= 1 && rest.replace(/[^\p{L}\p{N}]/gu, "").length <= 4;
}

// judge marks the rules that a password keeps or breaks. A rule that only the server can judge is
// left as it is until the server has.
export function judge(field, aloud, suberror) {
  const password = field.value;
  const missing = Math.max(0, least - [...password.normalize("NFKC")].length);
  const username = field.form.elements.username.value || state.username;
  const length = `At least ${least} characters`;
  rule(field, "length", password && !missing ? "kept" : "", password && missing ? `${length}: ${missing} more` : length);
  const made = password !== "" && isOwn(password, username);
  rule(field, "own", made ? "broken" : "");
  rule(field, "common", suberror === "password_banned" && !made ? "broken" : "");
  if (aloud) announce(!password ? "" : made ? "That is made of your address, or of the name of this app." : missing ? `${missing} more to go.` : "Long enough.");
}

const meanings = { "": "", kept: " (kept)", broken: " (broken)" };

function rule(field, name, outcome, text) {
  const item = $(`${field.id}-rules`).querySelector(`[data-rule=${name}]`);
  const [words, meaning] = item.children;
  item.className = outcome;
  if (text) words.textContent = text;
  meaning.textContent = meanings[outcome];
}

// announce tells a screen reader, when the typing pauses, and nothing twice.
let timer;
let told = "";
function announce(text) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (text && text !== told) say(text);
    told = text;
  }, 900);
}

// refuse puts a refused password in words at its field; false says that this was no such refusal.
export function refuse(field, refusal) {
  const text = ofPassword(refusal.suberror, least);
  if (!text) return false;
  judge(field, false, refusal.suberror);
  wrong(field, text);
  return true;
}
