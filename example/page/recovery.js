// Recovery codes: shown once, to be kept elsewhere. A page that is loaded anew has lost them.

import { add, go } from "./card.js";
import { $, make, say } from "./dom.js";
import { state } from "./flow.js";
import { finish } from "./onward.js";

let codes = [];

export function listen() {
  add("recovery", {
    title: () => "Keep these codes",
    draw: () => draw("kept", codes),
    clear: () => draw("kept", (codes = [])),
    field: () => ($("kept-copy").hidden ? $("kept-go") : $("kept-copy")),
    submit: () => finish({ continuation_token: state.token }),
  });
  wire("kept");
}

// open shows the step for codes. The token is the last one of a registration.
export function open(list, token) {
  codes = list;
  go({ step: "recovery", token });
}

// The rest works on one of the places where codes are shown, the step here and the one of a session.

export function wire(place) {
  $(`${place}-copy`).addEventListener("click", (event) => copy(place, event.currentTarget));
}

export function draw(place, list) {
  $(`${place}-codes`).replaceChildren(...list.map((code) => make("li", {}, code.replace(/(.{4})(?=.)/g, "$1 "))));
  $(`${place}-codes`).hidden = $(`${place}-copy`).hidden = !list.length;
  $(`${place}-lost`).hidden = list.length > 0;
  $(`${place}-copy`).textContent = "Copy them";
}

const shown = (place) => [...$(`${place}-codes`).children].map((item) => item.textContent);

// copy puts the codes on the clipboard or, where the browser has none for pages, selects them.
async function copy(place, button) {
  try {
    await navigator.clipboard.writeText(`${shown(place).join("\n")}\n`);
    button.textContent = "Copied";
    say("The codes are copied.");
  } catch {
    getSelection().selectAllChildren($(`${place}-codes`));
    say("The codes are selected. Copy them from there.");
  }
}
