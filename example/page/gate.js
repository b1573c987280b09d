// Signing up, signing in, the reset of a password and second factors: steps on one card, one state behind
// them.

import * as address from "./address.js";
import * as authenticator from "./authenticator.js";
import { draw, focus } from "./card.js";
import * as code from "./code.js";
import * as confirm from "./confirm.js";
import { $, notify } from "./dom.js";
import * as factor from "./factor.js";
import { remember, startOver } from "./flow.js";
import { onDone } from "./onward.js";
import * as password from "./password.js";
import * as profile from "./profile.js";
import * as recovery from "./recovery.js";
import * as register from "./register.js";
import * as secret from "./secret.js";

// begin shows the card. whenDone gets the app, the tokens of whoever signs in, and perhaps news.
export function begin(whenDone) {
  onDone(whenDone);
  secret.listen();
  for (const step of [address, code, password, profile, factor, confirm, register, authenticator, recovery]) step.listen();
  draw();
}

// reopen shows the card again after a session, for another sign-in the same way, or as wanted.
export function reopen(text, { bad = false, wanted = {} } = {}) {
  startOver();
  remember(wanted);
  draw();
  notify($("notice"), text, { bad });
  focus();
}
