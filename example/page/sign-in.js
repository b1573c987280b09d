// The sign-in of the pages that the server makes: two steps, whose last call sets the cookie of a session.

import { Refusal, post } from "./api.js";
import { digits, group } from "./digits.js";
import { $, during, mark, notify } from "./dom.js";
import { explain } from "./words.js";

const { client, next } = document.documentElement.dataset;
let token; // of the flow
let length; // of its code

// attempt lets a form do its work, and says what became of it where the step has no words of its own.
function attempt(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    during(form, async () => {
      notify($("notice"), null);
      try {
        await work();
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        if (refusal.over) begin();
        notify($("notice"), refusal.over ? "That took too long. Please begin again." : explain(refusal), { bad: true });
      }
    });
  });
}

function wrong(field, text) {
  mark(field, text);
  field.focus();
  field.select();
}

function begin() {
  $("code-step").hidden = true;
  $("address-step").hidden = false;
  $("address").focus();
}

async function sendCode() {
  const username = $("address").value.trim();
  mark($("address"), null);
  if (!username) return wrong($("address"), "Please type your email address.");
  let answer;
  try {
    answer = await post("oauth2/v2.0/initiate", { client_id: client, username, challenge_type: "oob redirect" });
  } catch (refusal) {
    if (refusal.error === "user_not_found") return wrong($("address"), "There’s no account with this address.");
    if (refusal.codes?.includes(90100)) return wrong($("address"), "That isn’t an email address we can send a code to.");
    throw refusal;
  }
  answer = await post("oauth2/v2.0/challenge", { client_id: client, continuation_token: answer.continuation_token, challenge_type: "oob redirect" });
  token = answer.continuation_token;
  length = answer.code_length;
  $("sent-to").textContent = username;
  $("address-step").hidden = true;
  $("code-step").hidden = false;
  $("code").value = "";
  mark($("code"), null);
  $("code").focus();
}

async function giveCode() {
  const oob = digits($("code").value);
  mark($("code"), null);
  if (oob.length !== length) return wrong($("code"), `The code has ${length} digits.`);
  try {
    await post("oauth2/v2.0/token", { client_id: client, continuation_token: token, grant_type: "oob", oob });
  } catch (refusal) {
    if (refusal.suberror !== "invalid_oob_value") throw refusal;
    return wrong($("code"), "That code isn’t right, or it’s no longer good.");
  }
  location.replace(next);
}

attempt($("address-step"), sendCode);
attempt($("code-step"), giveCode);
$("code").addEventListener("input", () => group($("code"), length));
$("another").addEventListener("click", begin);
begin();
