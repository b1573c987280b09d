// The page as a whole: the gate for whoever is out, the home of whoever is in.

import { onCall } from "./api.js";
import * as calls from "./calls.js";
import { $, notify, say } from "./dom.js";
import * as gate from "./gate.js";
import * as home from "./home.js";
import * as session from "./session.js";

function show(view) {
  for (const id of ["gate", "home"]) $(id).hidden = id !== view;
  $("calls").hidden = false;
}

onCall(calls.show);

gate.begin((app, tokens, news) => {
  session.keep(app, tokens);
  home.draw();
  notify($("home-notice"), news);
  show("home");
  scrollTo(0, 0);
  $("greeting").focus();
  say("You’re signed in.");
});

home.listen((text, more) => {
  show("gate");
  gate.reopen(text, more);
});

if (session.current()) {
  home.draw();
  show("home");
} else {
  show("gate");
}
