// What the scenarios share. They are in the files beside this one, which run in the page
// too; run.mjs gives each scenario a page of its own, with an empty cache, and lends it four
// functions that a page has not: apiURL(), nextMail(address), callAPI(token) and
// requireReset(username).
"use strict";

// The clients of the example.
const emailCode = "11111111-1111-4111-8111-111111111111";
const withPassword = "22222222-2222-4222-8222-222222222222";
const withAttributes = "33333333-3333-4333-8333-333333333333";
const withBoth = "77777777-7777-4777-8777-777777777777";

const terms = "extension_2588abcdwhtfeehjjeeqwertc_terms";
const hobbies = "extension_2588abcdwhtfeehjjeeqwertc_hobbies";
const required = { displayName: "Casey Jensen", city: "Porto", [terms]: "true" };

const everyType = ["oob", "password", "redirect"];
const harbor = "harbor quilt lantern";
const lantern = "lantern quilt harbor";

// calls holds what MSAL sent and what it could read of the answer, as CORS lets it.
const calls = [];
const realFetch = window.fetch;
window.fetch = async (url, options) => {
  const response = await realFetch(url, options);
  const sent = new URL(url);
  calls.push({
    path: sent.pathname,
    status: response.status,
    sentID: new Headers(options.headers).get("client-request-id") ?? sent.searchParams.get("client-request-id"),
    readID: response.headers.get("x-ms-request-id"),
    answer: (await response.clone().text()).trim(),
  });
  return response;
};

function check(claim, what, detail) {
  if (!claim) throw new Error(detail === undefined ? what : `${what}: ${JSON.stringify(detail)}`);
}

function equal(want, got, what) {
  check(JSON.stringify(want) === JSON.stringify(got), what, { want, got });
}

// is asks a result of MSAL whether it is, say, isCodeRequired.
function is(question, result) {
  check(result[question]?.(), `the result is not ${question}`, { state: result.state.stateType, error: result.error?.errorData });
  return result.state;
}

// failsWith asks the error of a result whether it is, say, isInvalidCode.
function failsWith(question, result) {
  check(result.error?.[question]?.(), `the error is not ${question}`, { state: result.state.stateType, error: result.error?.errorData });
  return result.error.errorData;
}

async function app(clientId = emailCode, challengeTypes = ["oob", "redirect"], capabilities) {
  const config = {
    auth: { clientId, authority: "https://contoso.ciamlogin.com/" },
    customAuth: { challengeTypes, capabilities, authApiProxyUrl: await apiURL() },
  };
  return [await msalCustomAuth.CustomAuthPublicClientApplication.create(config), config];
}

const nextCode = async (address) => (await nextMail(address)).code;

let people = 0;
const somebody = () => `casey${++people}.${crypto.randomUUID()}@example.com`;

// otherThan mistypes the last digit of a code.
const otherThan = (code) => code.slice(0, -1) + ((Number(code.at(-1)) + 1) % 10);

// register signs somebody up and leaves it at that.
async function register(msal, username = somebody()) {
  const state = is("isCodeRequired", await msal.signUp({ username }));
  is("isCompleted", await state.submitCode(await nextCode(username)));
  return username;
}

// signedIn signs somebody up and in, and returns the account.
async function signedIn(msal, username = somebody()) {
  let state = is("isCodeRequired", await msal.signUp({ username }));
  state = is("isCompleted", await state.submitCode(await nextCode(username)));
  const result = await state.signIn();
  is("isCompleted", result);
  return result.data;
}

// proven signs somebody up as far as the question for attributes.
async function proven(msal, attributes) {
  const username = somebody();
  const state = is("isCodeRequired", await msal.signUp({ username, attributes }));
  return is("isAttributesRequired", await state.submitCode(await nextCode(username)));
}

// enrol signs somebody up with a password and leaves it at that.
async function enrol(msal, { username = somebody(), password = harbor, attributes } = {}) {
  const state = is("isCodeRequired", await msal.signUp({ username, password, attributes }));
  is("isCompleted", await state.submitCode(await nextCode(username)));
  return username;
}

// entered checks what came of a sign-in: whose it is, and how that was proven.
async function entered(result, username, ...amr) {
  is("isCompleted", result);
  equal(username, result.data.getAccount().username, "user name");
  equal(amr, result.data.getClaims().amr, "amr");
  const { me } = await callAPI(await accessToken(result.data, false));
  equal(username, me.username, "user name that the API sees");
  return result.data;
}

// resetting goes as far as the question for the new password.
async function resetting(msal, username) {
  const state = is("isCodeRequired", await msal.resetPassword({ username }));
  return is("isPasswordRequired", await state.submitCode(await nextCode(username)));
}

async function accessToken(account, forceRefresh) {
  const result = await account.getAccessToken({ forceRefresh });
  is("isCompleted", result);
  return result.data.accessToken;
}

const names = (attributes) => attributes.map((a) => a.name).sort();

const scenarios = {};

// play runs one scenario, and checks what holds for all: MSAL may read the id of every
// answer, and the answer bears the id of the request.
async function play(name) {
  try {
    await scenarios[name]();
    for (const { path, status, sentID, readID } of calls) {
      equal(sentID, readID, `correlation id of ${path} (${status})`);
    }
  } catch (error) {
    const answers = calls.map((c) => `${c.status} ${c.path} ${c.answer}`);
    return [error.message, "answers so far:", ...answers].join("\n\t");
  }
}
