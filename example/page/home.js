// Signed in: who you are, how long the access token is good, and what it opens.

import { Refusal, own, post, scope } from "./api.js";
import { $, during, make, notify, say } from "./dom.js";
import { nameOf } from "./flow.js";
import * as methods from "./methods.js";
import * as session from "./session.js";
import { clock, explain } from "./words.js";

// The order is that of the table; claims that are not named here come last.
const meanings = {
  name: "Your name",
  preferred_username: "What you sign in with",
  email: "Where codes go",
  sub: "You",
  oid: "Your account",
  tid: "The tenant",
  aud: "The app it is for",
  iss: "Who issued it",
  iat: "Issued",
  nbf: "Good from",
  exp: "Good until",
  auth_time: "When you proved it was you",
  amr: "How you proved it",
  acr: "With how many factors",
  ver: "Version of the format",
};
const times = new Set(["iat", "nbf", "exp", "auth_time"]);

let leave; // called when the session is over, with words and what is to be done about it

// listen wires the buttons. onLeave is called when the session is over.
export function listen(onLeave) {
  leave = onLeave;
  $("me").addEventListener("click", (event) => attempt(event.currentTarget, callMe));
  $("refresh").addEventListener("click", (event) => attempt(event.currentTarget, refresh));
  $("sign-out").addEventListener("click", () => {
    session.drop();
    leave("You’re signed out.");
  });
  methods.listen(attempt);
}

// draw shows the session there is.
export function draw() {
  const { app, tokens } = session.current();
  const claims = session.claims(tokens.id_token);
  const name = claims.name || String(claims.preferred_username ?? "there").split("@")[0];
  $("signed-in-to").textContent = `Signed in to the app with ${nameOf(app)}`;
  $("greeting").textContent = `Hello, ${name}`;
  $("who").textContent = claims.preferred_username ?? claims.sub;
  $("proven").textContent = proven(claims);
  const order = [...new Set([...Object.keys(meanings), ...Object.keys(claims)])].filter((claim) => claim in claims);
  $("claims").replaceChildren(
    ...order.map((claim) =>
      make("tr", {}, make("th", { scope: "row" }, claim), make("td", {}, shown(claim, claims[claim])), make("td", {}, meanings[claim] ?? ""))),
  );
  $("answer").replaceChildren();
  notify($("home-notice"), null);
  tick();
  methods.draw();
}

// proven puts the claims amr (RFC 8176) and acr in words. mfa only sums up the others, and two codes, by
// mail and of an app for one, are otp once.
const names = { pwd: "password", otp: "code", sms: "text message" };

function proven({ amr = [], acr }) {
  const by = amr.filter((a) => a !== "mfa").map((a) => names[a] ?? a);
  if (acr !== "2") return `Proven by ${by.join(" and ")}: one factor`;
  return `Proven by ${by.length > 1 ? by.join(" and ") : `two ${by}s`}: two factors`;
}

function shown(claim, value) {
  if (times.has(claim)) {
    const at = new Date(value * 1000);
    return make("time", { dateTime: at.toISOString(), title: String(value) }, at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }));
  }
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// tick shows what is left of the access token, once a second.
let timer;
function tick() {
  clearTimeout(timer);
  const now = session.current();
  if (!now) return;
  const left = Math.max(0, Math.round((now.ends - Date.now()) / 1000));
  $("left").textContent = left ? `${clock(left)} left` : "has ended";
  $("bar").style.transform = `scaleX(${left / now.tokens.expires_in})`;
  if (left) timer = setTimeout(tick, 1000);
}

function attempt(button, work) {
  return during(button, async () => {
    notify($("home-notice"), null);
    try {
      await work();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.error === "insufficient_user_authentication") return again(refusal.acr);
      notify($("home-notice"), refusal.status === 401 ? "The API doesn’t take this access token any more. Refresh it, then call again." : explain(refusal), { bad: true });
    }
  });
}

// again offers the sign-in that a change of second factors needs, with one of them if there is any.
function again(acr) {
  const { preferred_username: username } = session.claims(session.current().tokens.id_token);
  notify($("home-notice"), acr ? "Only a sign-in with a second factor may change that." : "Only a sign-in of the last ten minutes may change that.", {
    action: "Sign in again",
    onAction: () => {
      session.drop();
      leave("Sign in again to go on.", { wanted: { username, ...(acr && { password: true, beside: "factor" }) } });
    },
  });
  $("home-notice").querySelector("button").focus();
}

async function callMe() {
  const user = await own("GET", "me", session.current().tokens.access_token);
  $("answer").replaceChildren(make("p", {}, "GET /api/me answered:"), make("pre", {}, JSON.stringify(user, null, 2)));
}

async function refresh() {
  const { app, tokens } = session.current();
  try {
    session.keep(app, await post("oauth2/v2.0/token", { client_id: app, grant_type: "refresh_token", refresh_token: tokens.refresh_token, scope }));
  } catch (refusal) {
    if (refusal.error !== "invalid_grant") throw refusal;
    session.drop();
    leave("Your session is over. Please sign in again.", { bad: true });
    return;
  }
  draw();
  $("answer").replaceChildren(make("p", {}, "New tokens are in. The refresh token before is used up."));
  say("New tokens are in.");
}
