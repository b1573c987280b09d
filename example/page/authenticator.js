// Setting up an authenticator app: its secret as a QR code, as a link and as text, and a code to show that
// it works. The secret is on the screen and nowhere else: it is not kept.

import { add, go, wrong } from "./card.js";
import { digits, group } from "./digits.js";
import { $, mark, svg } from "./dom.js";
import { modules, outline } from "./qr.js";
import { way } from "./ways.js";

const length = 6; // RFC 6238, as every app has it

let uri = "";
let onAppCode; // what becomes of the code in a flow

export function onCode(f) {
  onAppCode = f;
}

export function listen() {
  add("authenticator", {
    title: () => "Set up your app",
    draw: () => draw("app", uri),
    clear: () => draw("app", (uri = "")),
    field: () => $("app-code"),
    submit: () => submit("app", onAppCode),
  });
  wire("app");
  $("authenticator-leave").addEventListener("click", () => go({ step: "register" }));
}

// open shows the step for a secret.
export function open(secret) {
  uri = secret;
  go({ step: "authenticator" });
}

// The rest works on one of the places where an app is set up, the step here and the one of a session.

export function wire(place) {
  $(`${place}-code`).addEventListener("input", () => group($(`${place}-code`), length));
}

// draw shows a secret; "" clears the place.
export function draw(place, secret) {
  const params = new URLSearchParams(secret.split("?")[1]);
  $(`${place}-qr`).replaceChildren(...picture(secret));
  $(`${place}-link`).href = secret || "#";
  $(`${place}-key`).textContent = (params.get("secret") ?? "").replace(/(.{4})(?=.)/g, "$1 ");
  $(`${place}-code`).value = "";
  mark($(`${place}-code`), null);
}

// picture draws the QR code, unless the address in it is longer than any code.
function picture(secret) {
  const rows = secret && modules(secret);
  if (!rows) return [];
  const size = rows.length + 8; // with the margin that readers need (ISO/IEC 18004 §9.1)
  const code = svg("svg", { viewBox: `-4 -4 ${size} ${size}`, role: "img", "aria-label": "QR code for your authenticator app", "shape-rendering": "crispEdges" });
  code.append(svg("rect", { x: -4, y: -4, width: size, height: size, fill: "#fff" }), svg("path", { d: outline(rows), fill: "#000" }));
  return [code];
}

// submit hands a code on that can be one.
export async function submit(place, give) {
  const field = $(`${place}-code`);
  const code = digits(field.value);
  mark(field, null);
  if (code.length !== length) return wrong(field, `The code has ${length} digits.`);
  try {
    await give(code);
  } catch (refusal) {
    if (refusal.suberror !== "invalid_oob_value" && refusal.error !== "wrong_code") throw refusal;
    wrong(field, way("totp").wrong);
  }
}
