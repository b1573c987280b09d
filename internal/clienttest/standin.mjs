// Plays what an app does that uses Entra in production, against the stand-in, with MSAL JS in Node. Prints one line of
// JSON for each scenario: {"name": …, "problem": …}, with an empty problem where all went well.
//
// usage: node standin.mjs HOST:PORT
const [host] = process.argv.slice(2);

// What MSAL asks of a browser, and Node has not.
const storage = () => {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, String(value)),
    removeItem: (key) => void kept.delete(key),
    key: (index) => [...kept.keys()][index] ?? null,
    get length() { return kept.size; },
  };
};
const nothing = () => {};
Object.assign(globalThis, {
  window: globalThis, location: new URL("http://localhost:3000/"), sessionStorage: storage(), localStorage: storage(),
  document: { cookie: "", addEventListener: nothing, removeEventListener: nothing },
  addEventListener: nothing, removeEventListener: nothing, dispatchEvent: nothing,
});
const { CustomAuthPublicClientApplication } = await import("@azure/msal-browser/custom-auth");

const password = "a quiet harbour";
const someCodes = "11112222-bbbb-3333-cccc-4444dddd5555";
const somePasswords = "00001111-aaaa-2222-bbbb-3333cccc4444";
const strict = "22223333-cccc-4444-dddd-5555eeee6666";

// app is what the docs of MSAL have, with another authority.
const app = (clientId = somePasswords) => CustomAuthPublicClientApplication.create({
  auth: { clientId, authority: `https://${host}/contoso.onmicrosoft.com`, knownAuthorities: [host], redirectUri: "http://localhost:3000/" },
  customAuth: { challengeTypes: ["password", "oob", "redirect"], capabilities: ["mfa_required", "registration_required"] },
});

// tests calls the admin API.
async function tests(method, path, body) {
  const headers = body ? { "Content-Type": "application/json" } : {};
  const response = await fetch(`https://${host}/dev/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.error}`);
  return answer;
}

const code = async (to) => (await tests("GET", `inbox?wait=10s&to=${encodeURIComponent(to)}`))[0].code;

// is asks a result of MSAL whether it is, say, isCodeRequired, and returns its state.
function is(question, result) {
  if (!result[question]?.()) throw new Error(`not ${question}: ${JSON.stringify(result.error?.errorData ?? result.state?.stateType)}`);
  return result.state;
}

async function entered(result, username) {
  is("isCompleted", result);
  if (result.data.getAccount().username !== username) throw new Error(`signed in as ${result.data.getAccount().username}`);
  is("isCompleted", await result.data.getAccessToken({ forceRefresh: true }));
}

const scenarios = {
  async "sign in a user of the file with a password"() {
    await entered(await (await app()).signIn({ username: "ada@contoso.example", password }), "ada@contoso.example");
  },

  async "sign up with a password and a code from the inbox"() {
    const state = is("isCodeRequired", await (await app()).signUp({ username: "eve@contoso.example", password }));
    const done = is("isCompleted", await state.submitCode(await code("eve@contoso.example")));
    await entered(await done.signIn(), "eve@contoso.example");
  },

  async "sign in with a code that the file fixes"() {
    const state = is("isCodeRequired", await (await app(someCodes)).signIn({ username: "ada@contoso.example" }));
    await entered(await state.submitCode("12345678"), "ada@contoso.example");
  },

  async "reset a password"() {
    let state = is("isCodeRequired", await (await app()).resetPassword({ username: "ada@contoso.example" }));
    state = is("isPasswordRequired", await state.submitCode("12345678"));
    state = is("isCompleted", await state.submitNewPassword("lantern quilt harbor"));
    await entered(await state.signIn(), "ada@contoso.example");
  },

  async "pass a second factor by SMS"() {
    let state = is("isMfaRequired", await (await app()).signIn({ username: "grace@contoso.example", password }));
    const sms = state.getAuthMethods().find((method) => method.challenge_channel === "sms");
    state = is("isVerificationRequired", await state.requestChallenge(sms.id));
    await entered(await state.submitChallenge(await code("+4915112345678")), "grace@contoso.example");
  },

  async "register a second factor where all need one"() {
    await tests("PUT", "users/eve@contoso.example", { password });
    let state = is("isAuthMethodRegistrationRequired", await (await app(strict)).signIn({ username: "eve@contoso.example", password }));
    const email = state.getAuthMethods().find((method) => method.challenge_channel === "email");
    state = is("isVerificationRequired", await state.challengeAuthMethod({ authMethodType: email, verificationContact: "eve@home.example" }));
    await entered(await state.submitChallenge(await code("eve@home.example")), "eve@contoso.example");
  },

  async "see a failure that was planned"() {
    await tests("POST", "failures", { path: "/oauth2/v2.0/token", error: "invalid_grant", code: 50126 });
    const msal = await app();
    const refused = await msal.signIn({ username: "ada@contoso.example", password });
    if (!refused.error?.isPasswordIncorrect()) throw new Error(`the error is ${JSON.stringify(refused.error?.errorData)}`);
    await entered(await msal.signIn({ username: "ada@contoso.example", password }), "ada@contoso.example");
  },

  async "wait for a reset that takes its time"() {
    await tests("POST", "failures", { path: "/resetpassword/v1.0/poll_completion", body: { status: "in_progress" } });
    let state = is("isCodeRequired", await (await app()).resetPassword({ username: "ada@contoso.example" }));
    state = is("isPasswordRequired", await state.submitCode("12345678"));
    is("isCompleted", await state.submitNewPassword("lantern quilt harbor"));
    if ((await tests("GET", "failures")).length > 0) throw new Error("MSAL has not polled again");
  },
};

for (const [name, play] of Object.entries(scenarios)) {
  let problem = "";
  try {
    await tests("POST", "reset", {});
    sessionStorage = storage(); // nobody is signed in
    await play();
  } catch (error) {
    problem = `${error.stack}`;
  }
  console.log(JSON.stringify({ name, problem }));
}
process.exit(); // MSAL has timers
