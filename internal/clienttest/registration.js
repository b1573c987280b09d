// What an app does with MSAL JS for people who need a method for second factors and have none.
"use strict";

// unregistered goes through the first factor of somebody who has no method.
async function unregistered(username) {
  username ??= await enrol(await able(lenient));
  const result = await (await able(fresh)).signIn({ username, password: harbor });
  return [is("isAuthMethodRegistrationRequired", result), username];
}

// registering names a contact that is to be a method.
function registering(state, methods, contact) {
  const authMethodType = methods.find((m) => m.challenge_channel === contact.kind);
  return state.challengeAuthMethod({ authMethodType, verificationContact: contact.target });
}

Object.assign(scenarios, {
  async "register another address, and sign in with it from then on"() {
    let [state, username] = await unregistered();
    const methods = state.getAuthMethods();
    equal(["email", "sms", "totp"], methods.map((m) => m.challenge_channel), "methods");
    equal(username, methods[0].login_hint, "address to fill in");
    const contact = email();
    state = is("isVerificationRequired", await registering(state, methods, contact));
    const message = await nextMail(contact.target);
    equal("registration", message.purpose, "purpose of the mail");
    equal([message.code.length, "email", contact.target], [state.getCodeLength(), state.getChannel(), state.getSentTo()], "what the challenge says");
    const result = await state.submitChallenge(message.code);
    const account = await twice(result, username, "pwd", "otp");
    await accessToken(account, true);
    await told(username, "method-added");
    is("isCompleted", await account.signOut());

    state = await half(fresh, username);
    let code;
    [state, code] = await asked(state, byChannel(state, "email"), contact);
    await twice(await state.submitChallenge(code), username, "pwd", "otp");
  },

  async "register a phone"() {
    let [state, username] = await unregistered();
    const contact = phone();
    state = is("isVerificationRequired", await registering(state, state.getAuthMethods(), contact));
    const message = await nextMail(contact.target);
    equal(["sms", "registration"], [message.channel, message.purpose], "the message");
    equal(["sms", contact.target], [state.getChannel(), state.getSentTo()], "what the challenge says");
    await twice(await state.submitChallenge(message.code), username, "pwd", "sms", "mfa");
  },

  async "register one's own address with a code, after a password"() {
    let [state, username] = await unregistered();
    state = is("isVerificationRequired", await registering(state, state.getAuthMethods(), email(username)));
    await twice(await state.submitChallenge(await nextCode(username)), username, "pwd", "otp");
  },

  async "the address of a sign-up with a password needs no other code"() {
    const msal = await able(fresh);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username, password: harbor }));
    state = is("isCompleted", await state.submitCode(await nextCode(username)));
    state = is("isAuthMethodRegistrationRequired", await state.signIn());
    const methods = state.getAuthMethods();
    equal(username, methods[0].login_hint, "address to fill in");
    const account = await entered(await registering(state, methods, email(username)), username, "otp");
    is("isCompleted", await account.signOut());

    state = await half(fresh, username);
    let code;
    [state, code] = await asked(state, byChannel(state, "email"), { target: username });
    await twice(await state.submitChallenge(code), username, "pwd", "otp");
  },

  async "another address than that of the sign-up needs a code"() {
    const msal = await able(fresh);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username, password: harbor }));
    state = is("isCompleted", await state.submitCode(await nextCode(username)));
    state = is("isAuthMethodRegistrationRequired", await state.signIn());
    const methods = state.getAuthMethods();
    const contact = email();
    state = is("isVerificationRequired", await registering(state, methods, contact));
    await nextCode(contact.target);
    await entered(await registering(state, methods, email(username)), username, "otp"); // on second thoughts
  },

  async "register after a sign-up by code alone: not the mailbox that took it"() {
    const msal = await able(byCode);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username }));
    state = is("isCompleted", await state.submitCode(await nextCode(username)));
    state = is("isAuthMethodRegistrationRequired", await state.signIn());
    const methods = state.getAuthMethods();
    equal("", methods[0].login_hint, "address to fill in");
    failsWith("isInvalidInput", await registering(state, methods, email(username)));
    const contact = phone();
    state = is("isVerificationRequired", await registering(state, methods, contact));
    await twice(await state.submitChallenge(await nextCode(contact.target)), username, "otp", "sms");
  },

  async "register after a reset"() {
    const msal = await able(fresh);
    const username = await enrol(msal);
    let state = await resetting(msal, username);
    state = is("isCompleted", await state.submitNewPassword(lantern));
    await told(username, "password-changed");
    state = is("isAuthMethodRegistrationRequired", await state.signIn());
    const contact = phone();
    state = is("isVerificationRequired", await registering(state, state.getAuthMethods(), contact));
    await twice(await state.submitChallenge(await nextCode(contact.target)), username, "otp", "sms");
  },

  async "mistype the code of a registration, have another one sent, and get it right"() {
    let [state, username] = await unregistered();
    const methods = state.getAuthMethods();
    const contact = email();
    state = is("isVerificationRequired", await registering(state, methods, contact));
    const first = await nextCode(contact.target);
    failsWith("isIncorrectChallenge", await state.submitChallenge(otherThan(first)));
    state = is("isVerificationRequired", await registering(state, methods, contact));
    const second = await nextCode(contact.target);
    failsWith("isIncorrectChallenge", await state.submitChallenge(first));
    await twice(await state.submitChallenge(second), username, "pwd", "otp");
  },

  async "another contact than the first: its code alone is good"() {
    let [state, username] = await unregistered();
    const methods = state.getAuthMethods();
    const contacts = [email(), phone()];
    state = is("isVerificationRequired", await registering(state, methods, contacts[0]));
    const first = await nextCode(contacts[0].target);
    state = is("isVerificationRequired", await registering(state, methods, contacts[1]));
    const second = await nextCode(contacts[1].target);
    failsWith("isIncorrectChallenge", await state.submitChallenge(first));
    await twice(await state.submitChallenge(second), username, "pwd", "sms", "mfa");
    const { me } = await callAPI(await accessToken((await able(fresh)).getCurrentAccount().data, false));
    equal(["pwd", "sms", "mfa"], me.amr, "amr");
  },

  async "contacts that are none, then one that is"() {
    let [state, username] = await unregistered();
    const methods = state.getAuthMethods();
    const wrong = ["casey", "casey@", "+49", "+33612345678", "call me"];
    for (const target of wrong) {
      for (const kind of ["email", "sms"]) {
        failsWith("isInvalidInput", await registering(state, methods, { kind, target }));
      }
    }
    failsWith("isInvalidInput", await registering(state, methods, { kind: "sms", target: somebody() }));
    // An empty box is a missing parameter to the contract, of which MSAL makes a general error.
    const { error } = await registering(state, methods, { kind: "email", target: " " });
    equal([900144], error.errorData.errorCodes, "code");
    const contact = email();
    state = is("isVerificationRequired", await registering(state, methods, contact));
    failsWith("isInvalidInput", await registering(state, methods, { kind: "email", target: "casey" }));
    await twice(await state.submitChallenge(await nextCode(contact.target)), username, "pwd", "otp");
  },

  async "contacts of ill repute, then another"() {
    let [state, username] = await unregistered();
    const methods = state.getAuthMethods();
    for (const contact of [phone("+49666"), email(`blocked.${somebody()}`)]) {
      const error = failsWith("isVerificationContactBlocked", await registering(state, methods, contact));
      equal([550024], error.errorCodes, "code");
    }
    const contact = phone();
    state = is("isVerificationRequired", await registering(state, methods, contact));
    await twice(await state.submitChallenge(await nextCode(contact.target)), username, "pwd", "sms", "mfa");
  },

  async "scopes and one correlation id through a registration"() {
    const username = await enrol(await able(lenient));
    const correlationId = crypto.randomUUID();
    const scopes = ["Orders.Read"];
    const before = calls.length;
    let state = is("isAuthMethodRegistrationRequired", await (await able(fresh)).signIn({ username, password: harbor, scopes, correlationId }));
    const contact = phone();
    state = is("isVerificationRequired", await registering(state, state.getAuthMethods(), contact));
    const result = await state.submitChallenge(await nextCode(contact.target));
    is("isCompleted", result);
    const mine = calls.slice(before);
    equal(["initiate", "challenge", "token", "introspect", "challenge", "continue", "token"], mine.map((c) => c.path.split("/").at(-1)), "calls");
    equal([correlationId], [...new Set(mine.map((c) => c.sentID))], "ids sent");
    const token = await result.data.getAccessToken({ scopes, forceRefresh: false });
    is("isCompleted", token);
    const { me } = await callAPI(token.data.accessToken);
    check(me.scopes.includes("Orders.Read"), "scope", me.scopes);
  },

  // MSAL has no member for what an app is set up with, so whoever wants that reads the answer beside it.
  async "an authenticator app that people register themselves"() {
    let [state, username] = await unregistered();
    const totp = { kind: "totp", target: "" };
    state = is("isVerificationRequired", await registering(state, state.getAuthMethods(), totp));
    equal(["totp", 6], [state.getChannel(), state.getCodeLength()], "what the challenge says");
    const authenticator = OTPAuth.URI.parse(JSON.parse(calls.at(-1).answer).otpauth_uri);
    equal(["Contoso", username], [authenticator.issuer, authenticator.label], "names in the app");
    const code = await shown(authenticator, username, 0);
    failsWith("isIncorrectChallenge", await state.submitChallenge(otherThan(code)));
    const result = await state.submitChallenge(code);
    equal(10, JSON.parse(calls.at(-2).answer).recovery_codes.length, "recovery codes");
    const account = await twice(result, username, "pwd", "otp", "mfa");
    is("isCompleted", await account.signOut());

    state = await half(fresh, username);
    state = is("isVerificationRequired", await state.requestChallenge(byChannel(state, "totp")));
    is("isCompleted", await state.submitChallenge(await shown(authenticator, username, 30)));
  },
});
