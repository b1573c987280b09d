// Signing up, signing in and the reset of a password: steps on one card, one state behind them.

import * as address from "./address.js";
import { draw, focus } from "./card.js";
import * as code from "./code.js";
import { $, notify } from "./dom.js";
import { remember, startOver } from "./flow.js";
import { onDone } from "./onward.js";
import * as password from "./password.js";
import * as profile from "./profile.js";
import * as secret from "./secret.js";

// begin shows the card. whenDone gets the app, the tokens of whoever signs in, and perhaps news.
export function begin(whenDone) {
  onDone(whenDone);
  secret.listen();
  for (const step of [address, code, password, profile]) step.listen();
  draw();
}

// reopen shows the card again after a session, for another sign-in the same way.
export function reopen(text, bad = false) {
  startOver();
  remember({});
  draw();
  notify($("notice"), text, { bad });
  focus();
}
