// The kinds of second factors, as people know them. The server names them by their channel.

import { svg } from "./dom.js";

const known = {
  email: {
    name: "Email", title: "Check your mail", label: "Code from the mail",
    icon: "M3 6h18v12.5H3zM3.5 6.5 12 13l8.5-6.5",
    wrong: "That code isn’t right, or it’s no longer good. Try again, or have another one sent.",
  },
  sms: {
    name: "Text message", title: "Check your phone", label: "Code from the message",
    icon: "M7.5 2.5h9a1 1 0 0 1 1 1v17a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-17a1 1 0 0 1 1-1zM10.5 18.5h3",
    wrong: "That code isn’t right, or it’s no longer good. Try again, or have another one sent.",
  },
  totp: {
    name: "Authenticator app", title: "Check your app", label: "Code from the app", hint: "The six digits that it shows",
    icon: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5V12l3 2",
    wrong: "That code isn’t right, or it was used. Wait for the next one; the clock of the device has to be right.",
  },
  recovery: {
    name: "Recovery code", title: "Use a recovery code", label: "Recovery code", hint: "One of those that you have kept",
    icon: "M15.5 3.5a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12 12l-8.5 8.5M6 18l2.5 2.5",
    wrong: "That isn’t one of your recovery codes, or it was used before.",
  },
};

// way says what is known of a channel. One of tomorrow has its name alone.
export const way = (channel) => known[channel] ?? { ...known.email, name: channel, title: "Confirm it’s you", label: "Code" };

// icon draws a channel.
export const icon = (channel) =>
  svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, svg("path", { d: way(channel).icon }));
