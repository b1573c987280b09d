// The second factors of whoever is signed in: what there is, what is taken away, and an authenticator app
// to be added. The app's own API has its rules for that, as every app's should.

import { own } from "./api.js";
import * as authenticator from "./authenticator.js";
import { $, make, notify, say } from "./dom.js";
import * as recovery from "./recovery.js";
import * as session from "./session.js";
import { icon, way } from "./ways.js";

let attempt; // runs what a button does, and puts refusals in words

// listen wires the buttons.
export function listen(attempts) {
  attempt = attempts;
  authenticator.wire("own-app");
  recovery.wire("own-kept");
  $("add-app").addEventListener("click", (event) => attempt(event.currentTarget, addApp));
  $("new-recovery").addEventListener("click", (event) => attempt(event.currentTarget, newRecovery));
  $("own-app-cancel").addEventListener("click", () => show("own-methods", $("add-app")));
  $("own-kept-go").addEventListener("click", () => show("own-methods", $("methods-title")));
  $("own-app").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(event.currentTarget, () => authenticator.submit("own-app", confirm));
  });
}

const call = (method, path, fields) => own(method, path, session.current().tokens.access_token, fields);

// draw lists what the account has.
export async function draw() {
  show("own-methods");
  $("method-list").replaceChildren();
  $("methods-none").textContent = "";
  await attempt($("methods"), list);
}

async function list() {
  const { methods } = await call("GET", "methods");
  $("methods-none").textContent = methods.length ? "" : "There are none yet. An authenticator app is a good first one.";
  $("method-list").replaceChildren(...methods.map(row));
  $("new-recovery").hidden = !methods.some((m) => m.kind === "totp" || m.kind === "recovery");
}

function row(method) {
  const { name } = way(method.kind);
  const added = new Date(method.added_at).toLocaleDateString(undefined, { dateStyle: "medium" });
  const detail = method.target ?? (method.kind === "recovery" ? `${method.codes_left ?? 0} left` : `Added ${added}`);
  const title = method.kind === "recovery" ? "Recovery codes" : name;
  const remove = make("button", { type: "button", className: "link", onclick: () => ask(method, title, detail) }, "Remove", make("span", { className: "unseen" }, ` ${title}, ${detail}`));
  return make("li", { className: "way" }, icon(method.kind), make("span", {}, make("strong", {}, title), make("span", {}, detail)), remove);
}

// ask makes sure: what is gone signs nobody in any more.
function ask(method, title, detail) {
  notify($("home-notice"), `${title} (${detail}) will not confirm sign-ins any more.`, {
    action: "Yes, remove",
    onAction: (event) => attempt(event.currentTarget, async () => {
      await call("DELETE", `methods/${method.id}`);
      await list();
      $("methods-title").focus();
      say("It’s removed.");
    }),
  });
  $("home-notice").querySelector("button").focus();
}

async function addApp() {
  const { otpauth_uri } = await call("POST", "methods/totp");
  authenticator.draw("own-app", otpauth_uri);
  show("own-app", $("own-app-code"));
}

async function confirm(code) {
  const { recovery_codes } = await call("POST", "methods/totp/confirm", { code });
  await keep(recovery_codes);
  say("The app is set up.");
}

async function newRecovery() {
  const { recovery_codes } = await call("POST", "methods/recovery");
  await keep(recovery_codes);
}

// keep shows recovery codes, if there are new ones.
async function keep(codes) {
  await list();
  if (!codes.length) return show("own-methods", $("methods-title"));
  recovery.draw("own-kept", codes);
  show("own-kept", $("own-kept-copy"));
}

// show opens one of the three parts, empties what has had its time, and moves the focus.
function show(part, focused) {
  for (const id of ["own-methods", "own-app", "own-kept"]) $(id).hidden = id !== part;
  if (part !== "own-app") authenticator.draw("own-app", "");
  if (part !== "own-kept") recovery.draw("own-kept", []);
  focused?.focus();
}
