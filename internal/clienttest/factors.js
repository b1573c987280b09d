// What an app does with MSAL JS for people who have to prove themselves twice. registration.js beside it is for
// those who have to register a method for that first.
"use strict";

// The clients of the host. All but the last ask everybody for a second factor.
const guarded = "44444444-4444-4444-8444-444444444444"; // passwords; the address of a sign-up is a method
const fresh = "55555555-5555-4555-8555-555555555555"; // passwords; people register their methods, apps too
const byCode = "66666666-6666-4666-8666-666666666666"; // no passwords
const lenient = "77777777-7777-4777-8777-777777777777"; // passwords; only those whom the host picks

const mfa = "mfa_required";
const registration = "registration_required";

// able makes an app that can do all there is.
const able = async (client) => (await app(client, everyType, [mfa, registration]))[0];

// host asks something of the host of the API, beside MSAL.
async function host(what, values) {
  const response = await realFetch(`/host/${what}`, { method: "POST", body: new URLSearchParams(values) });
  check(response.ok, `the host refuses ${what}`, response.status);
  return response.json();
}

const email = (address = somebody()) => ({ kind: "email", target: address });
const phone = (prefix = "+49151") => ({ kind: "sms", target: prefix + String(crypto.getRandomValues(new Uint32Array(1))[0]).slice(-8).padStart(8, "0") });

// told waits for the mail that tells somebody what has been done to their account.
async function told(username, purpose) {
  equal(purpose, (await nextMail(username)).purpose, "purpose of the mail");
}

// person makes an account with a password and contacts, and returns its name and the ids of the methods.
async function person(...contacts) {
  return withMethods(await enrol(await able(lenient)), ...contacts);
}

async function withMethods(username, ...contacts) {
  const ids = [];
  for (const contact of contacts) {
    ids.push(await host("method", { username, ...contact }));
    await told(username, "method-added");
  }
  return [username, ...ids];
}

// half is somebody who has proven a password, and what MSAL says then.
async function half(client, username) {
  return is("isMfaRequired", await (await able(client)).signIn({ username, password: harbor }));
}

// asked lets MSAL ask for a second factor, and returns the code that went out for it.
async function asked(state, id, contact) {
  state = is("isVerificationRequired", await state.requestChallenge(id));
  return [state, await nextCode(contact.target)];
}

// twice checks what came of a sign-in by two factors.
async function twice(result, username, ...amr) {
  const account = await entered(result, username, ...amr);
  equal("2", account.getClaims().acr, "acr");
  const { me } = await callAPI(await accessToken(account, false));
  equal([amr, "2"], [me.amr, me.acr], "amr and acr that the API sees");
  return account;
}

// underneath returns what the part of MSAL throws that its other apps share. The result for an app with
// custom authentication keeps its texts and not its class.
async function underneath(account, call) {
  const { cacheClient } = account;
  const { acquireToken } = cacheClient;
  let thrown;
  cacheClient.acquireToken = (request) => acquireToken.call(cacheClient, request).catch((error) => {
    thrown = error;
    throw error;
  });
  const result = await call();
  delete cacheClient.acquireToken;
  check(result.isFailed() && thrown, "the call has not failed");
  equal(thrown.errorMessage, result.error.errorData.errorDescription, "what the app reads");
  return thrown;
}

// starred tells whether a hint leaves something of a contact unseen.
const starred = (hint, contact) => check(hint.includes("***") && hint !== contact.target, "mask", hint);

// shown is what an authenticator app shows so many seconds from now, which is then.
const shown = async (authenticator, username, seconds) =>
  authenticator.generate({ timestamp: await host("later", { username, seconds }) });

// withApp sets up an authenticator app for an account, and returns it with the recovery codes.
async function withApp(username) {
  const authenticator = OTPAuth.URI.parse(await host("app", { username }));
  const recovery = await host("confirm", { username, code: await shown(authenticator, username, 0) });
  await told(username, "method-added");
  return [authenticator, recovery];
}

// byChannel finds a method in MSAL's list.
const byChannel = (state, channel) => state.getAuthMethods().find((m) => m.challenge_channel === channel).id;

Object.assign(scenarios, {
  async "a password and a code to another address"() {
    const contact = email();
    const [username, id] = await person(contact);
    let state = await half(guarded, username);
    const methods = state.getAuthMethods();
    equal([[id, "oob", "email"]], methods.map((m) => [m.id, m.challenge_type, m.challenge_channel]), "methods");
    starred(methods[0].login_hint, contact);

    let code;
    [state, code] = await asked(state, id, contact);
    equal([code.length, "email"], [state.getCodeLength(), state.getChannel()], "what the challenge says");
    equal(methods[0].login_hint, state.getSentTo(), "where the code went");
    await twice(await state.submitChallenge(code), username, "pwd", "otp");
  },

  async "a password and a code to a phone, each asked for on its own"() {
    const contact = phone();
    const [username, id] = await person(contact);
    let state = is("isPasswordRequired", await (await able(guarded)).signIn({ username }));
    failsWith("isInvalidPassword", await state.submitPassword(lantern));
    state = is("isMfaRequired", await state.submitPassword(harbor));
    equal([[id, "sms"]], state.getAuthMethods().map((m) => [m.id, m.challenge_channel]), "methods");
    starred(state.getAuthMethods()[0].login_hint, contact);
    state = is("isVerificationRequired", await state.requestChallenge(id));
    const message = await nextMail(contact.target);
    equal(["sms", "second-factor"], [message.channel, message.purpose], "the message");
    equal("sms", state.getChannel(), "channel");
    await twice(await state.submitChallenge(message.code), username, "pwd", "sms", "mfa");
  },

  async "the address of the sign-up is a method where the client says so"() {
    const msal = await able(guarded);
    const username = await enrol(msal);
    let state = is("isMfaRequired", await msal.signIn({ username, password: harbor }));
    equal(["email"], state.getAuthMethods().map((m) => m.challenge_channel), "methods");
    let code;
    [state, code] = await asked(state, state.getAuthMethods()[0].id, { target: username });
    await twice(await state.submitChallenge(code), username, "pwd", "otp");
  },

  async "a code by mail and one to a phone"() {
    const contact = phone();
    const [username, id] = await person(contact);
    let state = is("isCodeRequired", await (await able(byCode)).signIn({ username }));
    const first = await nextCode(username);
    failsWith("isInvalidCode", await state.submitCode(otherThan(first)));
    state = is("isMfaRequired", await state.submitCode(first));
    let code;
    [state, code] = await asked(state, id, contact);
    await twice(await state.submitChallenge(code), username, "otp", "sms");
  },

  async "the mailbox of the first code is no second factor"() {
    const username = somebody();
    await register(await able(byCode), username);
    const own = email(username);
    const other = email();
    const [, , id] = await withMethods(username, own, other);
    let state = is("isCodeRequired", await (await able(byCode)).signIn({ username }));
    state = is("isMfaRequired", await state.submitCode(await nextCode(username)));
    equal([id], state.getAuthMethods().map((m) => m.id), "methods");
    let code;
    [state, code] = await asked(state, id, other);
    await twice(await state.submitChallenge(code), username, "otp");
  },

  async "after a sign-up whose account has got a method"() {
    const msal = await able(byCode);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username }));
    state = is("isCompleted", await state.submitCode(await nextCode(username)));
    const contact = phone();
    const [, id] = await withMethods(username, contact);
    state = is("isMfaRequired", await state.signIn());
    let code;
    [state, code] = await asked(state, id, contact);
    await twice(await state.submitChallenge(code), username, "otp", "sms");
  },

  async "a sign-up with a password has proven both"() {
    const msal = await able(guarded);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username, password: harbor }));
    state = is("isCompleted", await state.submitCode(await nextCode(username)));
    const account = await entered(await state.signIn(), username, "otp");
    await accessToken(account, true);
  },

  async "after a reset"() {
    const contact = phone();
    const [username, id] = await person(contact);
    let state = await resetting(await able(guarded), username);
    state = is("isCompleted", await state.submitNewPassword(lantern));
    await told(username, "password-changed");
    state = is("isMfaRequired", await state.signIn());
    let code;
    [state, code] = await asked(state, id, contact);
    await twice(await state.submitChallenge(code), username, "otp", "sms");
  },

  async "a reset by the only mailbox: the new password first"() {
    const msal = await able(guarded);
    const username = await enrol(msal);
    let state = await resetting(msal, username);
    state = is("isCompleted", await state.submitNewPassword(lantern));
    await told(username, "password-changed");
    const { error } = await state.signIn();
    equal([400002], error.errorData.errorCodes, "code");
    state = is("isMfaRequired", await msal.signIn({ username, password: lantern }));
    let code;
    [state, code] = await asked(state, state.getAuthMethods()[0].id, { target: username });
    await twice(await state.submitChallenge(code), username, "pwd", "otp");
  },

  async "a second code for the second factor puts an end to the first"() {
    const contact = email();
    const [username, id] = await person(contact);
    let [state, first] = await asked(await half(guarded, username), id, contact);
    failsWith("isIncorrectChallenge", await state.submitChallenge(otherThan(first)));
    let second;
    [state, second] = await asked(state, id, contact);
    failsWith("isIncorrectChallenge", await state.submitChallenge(first));
    await twice(await state.submitChallenge(second), username, "pwd", "otp");
  },

  async "another method than the one asked for"() {
    const contacts = [email(), phone()];
    const [username, mail, text] = await person(...contacts);
    let state = await half(guarded, username);
    equal([mail, text], state.getAuthMethods().map((m) => m.id), "methods");
    let first, second;
    [state, first] = await asked(state, mail, contacts[0]);
    [state, second] = await asked(state, text, contacts[1]);
    equal("sms", state.getChannel(), "channel");
    failsWith("isIncorrectChallenge", await state.submitChallenge(first));
    await twice(await state.submitChallenge(second), username, "pwd", "sms", "mfa");
  },

  async "mistype the code of the second factor, then get it right"() {
    const contact = phone();
    const [username, id] = await person(contact);
    const [state, code] = await asked(await half(guarded, username), id, contact);
    const error = failsWith("isIncorrectChallenge", await state.submitChallenge(otherThan(code)));
    equal("invalid_oob_value", error.subError, "suberror");
    const before = calls.length;
    failsWith("isIncorrectChallenge", await state.submitChallenge(code.slice(1))); // by MSAL itself
    equal(before, calls.length, "calls");
    await twice(await state.submitChallenge(code), username, "pwd", "sms", "mfa");
  },

  async "a method that nobody has, then one of one's own"() {
    const contact = email();
    const [username, id] = await person(contact);
    let state = await half(guarded, username);
    failsWith("isInvalidInput", await state.requestChallenge(crypto.randomUUID()));
    let code;
    [state, code] = await asked(state, id, contact);
    await twice(await state.submitChallenge(code), username, "pwd", "otp");
  },

  async "a method whose number is of ill repute, then another"() {
    const contact = email();
    const [username, blocked, id] = await person(phone("+49666"), contact);
    let state = await half(guarded, username);
    failsWith("isVerificationContactBlocked", await state.requestChallenge(blocked));
    let code;
    [state, code] = await asked(state, id, contact);
    await twice(await state.submitChallenge(code), username, "pwd", "otp");
  },

  async "scopes outlast the second factor"() {
    const contact = email();
    const [username, id] = await person(contact);
    const scopes = ["Orders.Read"];
    let state = is("isMfaRequired", await (await able(guarded)).signIn({ username, password: harbor, scopes }));
    let code;
    [state, code] = await asked(state, id, contact);
    const { data } = await state.submitChallenge(code);
    const before = calls.length;
    const result = await data.getAccessToken({ scopes, forceRefresh: false });
    is("isCompleted", result);
    equal(before, calls.length, "calls for a cached token");
    const { me } = await callAPI(result.data.accessToken);
    check(me.scopes.includes("Orders.Read"), "scope", me.scopes);
  },

  async "a refresh after two factors says what was proven then"() {
    const contact = phone();
    const [username, id] = await person(contact);
    const [state, code] = await asked(await half(guarded, username), id, contact);
    const amr = ["pwd", "sms", "mfa"];
    const account = await twice(await state.submitChallenge(code), username, ...amr);
    const { auth_time } = account.getClaims();
    for (const round of [1, 2]) {
      await host("later", { username, seconds: 60 });
      const result = await account.getAccessToken({ forceRefresh: true });
      is("isCompleted", result);
      const claims = result.data.idTokenClaims;
      equal([amr, "2", auth_time], [claims.amr, claims.acr, claims.auth_time], `claims after refresh ${round}`);
      const { me } = await callAPI(result.data.accessToken);
      equal([amr, "2"], [me.amr, me.acr], "amr and acr that the API sees");
    }
  },

  async "a second factor that the host asks for later, at a refresh"() {
    const contact = email();
    const [username, id] = await person(contact);
    const msal = await able(lenient);
    const account = await entered(await msal.signIn({ username, password: harbor }), username, "pwd");
    equal("1", account.getClaims().acr, "acr");
    await host("strict", { username, on: true });
    const refused = await underneath(account, () => account.getAccessToken({ forceRefresh: true }));
    equal(["InteractionRequiredAuthError", "invalid_grant", ""], [refused.name, refused.errorCode, refused.subError], "the error");

    // The refresh token is good for the day on which the host changes its mind.
    await host("strict", { username, on: false });
    await accessToken(account, true);
    await host("strict", { username, on: true });

    is("isCompleted", await account.signOut());
    let state = await half(lenient, username);
    let code;
    [state, code] = await asked(state, id, contact);
    await accessToken(await twice(await state.submitChallenge(code), username, "pwd", "otp"), true);
  },

  async "one correlation id through both factors"() {
    const contact = email();
    const [username, id] = await person(contact);
    const correlationId = crypto.randomUUID();
    const before = calls.length;
    let state = is("isMfaRequired", await (await able(guarded)).signIn({ username, password: harbor, correlationId }));
    let code;
    [state, code] = await asked(state, id, contact);
    const error = failsWith("isIncorrectChallenge", await state.submitChallenge(otherThan(code)));
    equal(correlationId, error.correlationId, "correlation id of the error");
    is("isCompleted", await state.submitChallenge(code));
    const mine = calls.slice(before);
    equal(["initiate", "challenge", "token", "introspect", "challenge", "token", "token"], mine.map((c) => c.path.split("/").at(-1)), "calls");
    equal([correlationId], [...new Set(mine.map((c) => c.sentID))], "ids sent");
  },

  async "an app that announces nothing is sent to the browser, and told why"() {
    const [username] = await person(email());
    const nobody = await enrol(await able(lenient));
    for (const [client, user, capabilities, lacks] of [
      [guarded, username, undefined, mfa],
      [guarded, username, [registration], mfa],
      [fresh, nobody, undefined, registration],
      [fresh, nobody, [mfa], registration],
    ]) {
      const [msal] = await app(client, everyType, capabilities);
      const error = failsWith("isRedirectRequired", await msal.signIn({ username: user, password: harbor }));
      equal(`Client is missing ${lacks} capability`, error.redirectReason, "reason");
      const state = is("isPasswordRequired", await msal.signIn({ username: user }));
      failsWith("isRedirectRequired", await state.submitPassword(harbor));
    }
  },

  async "an app that announces one of two capabilities and needs no other"() {
    const contact = email();
    const [username, id] = await person(contact);
    const [msal] = await app(guarded, everyType, [mfa]);
    let state = is("isMfaRequired", await msal.signIn({ username, password: harbor }));
    let code;
    [state, code] = await asked(state, id, contact);
    is("isCompleted", await state.submitChallenge(code));
  },

  async "after a sign-up and a reset, too, an app that announces nothing is sent to the browser"() {
    const [msal] = await app(fresh, everyType);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username, password: harbor }));
    state = is("isCompleted", await state.submitCode(await nextCode(username)));
    let error = failsWith("isRedirectRequired", await state.signIn());
    equal(`Client is missing ${registration} capability`, error.redirectReason, "reason");
    await withMethods(username, phone());
    state = await resetting(msal, username);
    state = is("isCompleted", await state.submitNewPassword(lantern));
    error = failsWith("isRedirectRequired", await state.signIn());
    equal(`Client is missing ${mfa} capability`, error.redirectReason, "reason");
  },

  async "an authenticator app that the host has set up"() {
    const [username] = await person();
    const [authenticator, recovery] = await withApp(username);
    equal(["Contoso", username], [authenticator.issuer, authenticator.label], "names in the app");
    equal(10, recovery.length, "recovery codes");
    let state = await half(guarded, username);
    equal(["totp", "recovery"], state.getAuthMethods().map((m) => m.challenge_channel), "methods");
    state = is("isVerificationRequired", await state.requestChallenge(byChannel(state, "totp")));
    equal(["totp", 6, "authenticator app"], [state.getChannel(), state.getCodeLength(), state.getSentTo()], "what the challenge says");
    failsWith("isIncorrectChallenge", await state.submitChallenge(await shown(authenticator, username, 0))); // used to set it up
    const code = await shown(authenticator, username, 30);
    failsWith("isIncorrectChallenge", await state.submitChallenge(otherThan(code)));
    const account = await twice(await state.submitChallenge(code), username, "pwd", "otp", "mfa");
    is("isCompleted", await account.signOut());

    state = await half(guarded, username);
    state = is("isVerificationRequired", await state.requestChallenge(byChannel(state, "totp")));
    failsWith("isIncorrectChallenge", await state.submitChallenge(code));
  },

  async "a recovery code, which is good once"() {
    const [username] = await person();
    const [, [first, second]] = await withApp(username);
    const recovering = async () => {
      const state = await half(guarded, username);
      return is("isVerificationRequired", await state.requestChallenge(byChannel(state, "recovery")));
    };
    let state = await recovering();
    equal(["recovery", first.length, "recovery code"], [state.getChannel(), state.getCodeLength(), state.getSentTo()], "what the challenge says");
    failsWith("isIncorrectChallenge", await state.submitChallenge(first.slice(1) + (first.endsWith("0") ? "1" : "0")));
    const account = await twice(await state.submitChallenge(first), username, "pwd", "otp", "mfa");
    is("isCompleted", await account.signOut());
    state = await recovering();
    failsWith("isIncorrectChallenge", await state.submitChallenge(first));
    is("isCompleted", await state.submitChallenge(second.toUpperCase()));
  },

  async "a phone that is lost: from its code to a recovery code"() {
    const contact = phone();
    const [username, id] = await person(contact);
    const [code] = await host("recovery", { username });
    await told(username, "method-added");
    let [state] = await asked(await half(guarded, username), id, contact);
    const methods = await half(guarded, username);
    state = is("isVerificationRequired", await state.requestChallenge(byChannel(methods, "recovery")));
    await twice(await state.submitChallenge(code), username, "pwd", "otp", "mfa");
  },
});
