// What an app does with MSAL JS for people who have a password.
"use strict";

// refused are passwords that nobody may choose, by what is wrong with them.
const refused = {
  password_too_short: "harbor",
  password_too_long: "harbor quilt ".repeat(20),
  password_banned: "Dragon2024",
  password_is_invalid: "harbor quilt \uFFFD", // what stands for a character that was lost
};

Object.assign(scenarios, {
  async "a password at the start of a sign-up, and signed in without another question"() {
    const [msal] = await app(withPassword, everyType);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username, password: harbor }));
    state = is("isCompleted", await state.submitCode(await nextCode(username)));
    const account = await entered(await state.signIn(), username, "otp");
    is("isCompleted", await account.signOut());
    await entered(await msal.signIn({ username, password: harbor }), username, "pwd");
  },

  async "a password after the code of a sign-up"() {
    const [msal] = await app(withPassword, everyType);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username }));
    state = is("isPasswordRequired", await state.submitCode(await nextCode(username)));
    state = is("isCompleted", await state.submitPassword(harbor));
    is("isCompleted", await state.signIn());
  },

  async "passwords refused at the start of a sign-up, then one accepted"() {
    const [msal] = await app(withPassword, everyType);
    const username = somebody();
    for (const [suberror, password] of Object.entries(refused)) {
      const error = failsWith("isInvalidPassword", await msal.signUp({ username, password }));
      equal(suberror, error.subError, "suberror");
    }
    failsWith("isInvalidPassword", await msal.signUp({ username, password: `${username.split(".")[0]}1990` }));
    await enrol(msal, { username });
  },

  async "passwords refused after the code, then one accepted"() {
    const [msal] = await app(withPassword, everyType);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username }));
    state = is("isPasswordRequired", await state.submitCode(await nextCode(username)));
    for (const [suberror, password] of Object.entries(refused)) {
      const error = failsWith("isInvalidPassword", await state.submitPassword(password));
      equal(suberror, error.subError, "suberror");
    }
    is("isCompleted", await state.submitPassword(harbor));
  },

  async "password and attributes at the start"() {
    const [msal] = await app(withBoth, everyType);
    const username = await enrol(msal, { attributes: required });
    const account = await entered(await msal.signIn({ username, password: harbor }), username, "pwd");
    const { me } = await callAPI(await accessToken(account, false));
    equal("Porto", me.attributes.city, "city");
  },

  async "a password at the start, attributes asked for"() {
    const [msal] = await app(withBoth, everyType);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username, password: harbor }));
    state = is("isAttributesRequired", await state.submitCode(await nextCode(username)));
    equal(Object.keys(required).sort(), names(state.getRequiredAttributes().filter((a) => a.required)), "required attributes");
    is("isCompleted", await state.submitAttributes(required));
    await entered(await msal.signIn({ username, password: harbor }), username, "pwd");
  },

  async "attributes at the start, a password asked for"() {
    const [msal] = await app(withBoth, everyType);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username, attributes: required }));
    state = is("isPasswordRequired", await state.submitCode(await nextCode(username)));
    is("isCompleted", await state.submitPassword(harbor));
    await entered(await msal.signIn({ username, password: harbor }), username, "pwd");
  },

  async "nothing at the start: the password is asked for, then the attributes"() {
    const [msal] = await app(withBoth, everyType);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username }));
    state = is("isPasswordRequired", await state.submitCode(await nextCode(username)));
    failsWith("isInvalidPassword", await state.submitPassword("harbor"));
    state = is("isAttributesRequired", await state.submitPassword(harbor));
    failsWith("isAttributesValidationFailed", await state.submitAttributes({ ...required, city: "1" }));
    state = is("isCompleted", await state.submitAttributes(required));
    is("isCompleted", await state.signIn());
  },

  async "a wrong code and a second one at a sign-up that has its password"() {
    const [msal] = await app(withPassword, everyType);
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username, password: harbor }));
    const first = await nextCode(username);
    failsWith("isInvalidCode", await state.submitCode(otherThan(first)));
    state = is("isCodeRequired", await state.resendCode());
    is("isCompleted", await state.submitCode(await nextCode(username)));
    await entered(await msal.signIn({ username, password: harbor }), username, "pwd");
  },

  async "sign up with a password a name that is taken"() {
    const [msal] = await app(withPassword, everyType);
    const username = await enrol(msal);
    failsWith("isUserAlreadyExists", await msal.signUp({ username, password: lantern }));
    failsWith("isUserAlreadyExists", await msal.signUp({ username }));
  },

  async "sign in with a password"() {
    const [msal] = await app(withPassword, everyType);
    const username = await enrol(msal);
    const state = is("isPasswordRequired", await msal.signIn({ username }));
    await entered(await state.submitPassword(harbor), username, "pwd");
  },

  async "mistype the password twice, then get it right"() {
    const [msal] = await app(withPassword, everyType);
    const username = await enrol(msal);
    const state = is("isPasswordRequired", await msal.signIn({ username }));
    for (const wrong of [lantern, harbor.toUpperCase()]) {
      const error = failsWith("isInvalidPassword", await state.submitPassword(wrong));
      equal([50126], error.errorCodes, "code");
    }
    await entered(await state.submitPassword(harbor), username, "pwd");
  },

  async "name and password in one call"() {
    const [msal] = await app(withPassword, everyType);
    const username = await enrol(msal);
    const error = failsWith("isPasswordIncorrect", await msal.signIn({ username, password: lantern }));
    equal([50126], error.errorCodes, "code");
    const account = await entered(await msal.signIn({ username, password: harbor }), username, "pwd");
    check(await accessToken(account, true), "a refreshed token");
  },

  async "name and password of nobody"() {
    const [msal] = await app(withPassword, everyType);
    failsWith("isUserNotFound", await msal.signIn({ username: somebody(), password: harbor }));
    failsWith("isInvalidUsername", await msal.signIn({ username: "casey", password: harbor }));
  },

  async "an account with both ways in: the app's list decides"() {
    const username = await enrol((await app(withPassword, everyType))[0]);
    for (const types of [["oob", "password"], ["password"], ["password", "redirect"]]) {
      is("isPasswordRequired", await (await app(withPassword, types))[0].signIn({ username }));
    }
    for (const [client, types] of [[withPassword, ["oob"]], [emailCode, everyType]]) {
      const [msal] = await app(client, types);
      const state = is("isCodeRequired", await msal.signIn({ username, password: harbor }));
      const account = await entered(await state.submitCode(await nextCode(username)), username, "otp");
      is("isCompleted", await account.signOut());
    }
  },

  async "an account without a password gets a code where passwords are usual"() {
    const username = await register((await app())[0]);
    const [msal] = await app(withPassword, everyType);
    const state = is("isCodeRequired", await msal.signIn({ username, password: harbor }));
    await entered(await state.submitCode(await nextCode(username)), username, "otp");
  },

  async "a forgotten password is reset, and the owner is told"() {
    const [msal] = await app(withPassword, everyType);
    const username = await enrol(msal);
    let state = is("isCodeRequired", await msal.resetPassword({ username }));
    const code = await nextCode(username);
    equal(code.length, state.getCodeLength(), "length of the code");
    state = is("isPasswordRequired", await state.submitCode(code));
    state = is("isCompleted", await state.submitNewPassword(lantern));
    equal("password-changed", (await nextMail(username)).purpose, "purpose of the mail");

    const account = await entered(await state.signIn(), username, "otp");
    is("isCompleted", await account.signOut());
    failsWith("isPasswordIncorrect", await msal.signIn({ username, password: harbor }));
    await entered(await msal.signIn({ username, password: lantern }), username, "pwd");
  },

  async "mistype the code of a reset, have another one sent, and get it right"() {
    const [msal] = await app(withPassword, everyType);
    const username = await enrol(msal);
    let state = is("isCodeRequired", await msal.resetPassword({ username }));
    const first = await nextCode(username);
    failsWith("isInvalidCode", await state.submitCode(otherThan(first)));
    state = is("isCodeRequired", await state.resendCode());
    const second = await nextCode(username);
    failsWith("isInvalidCode", await state.submitCode(first));
    is("isPasswordRequired", await state.submitCode(second));
  },

  async "new passwords refused, then one accepted"() {
    const [msal] = await app(withPassword, everyType);
    const username = await enrol(msal);
    let state = await resetting(msal, username);
    for (const [suberror, password] of Object.entries({ ...refused, password_recently_used: harbor })) {
      const error = failsWith("isInvalidPassword", await state.submitNewPassword(password));
      equal(suberror, error.subError, "suberror");
    }
    state = is("isCompleted", await state.submitNewPassword(lantern));
    is("isCompleted", await state.signIn());
  },

  async "a reset for nobody, for no address, and for an account without a password"() {
    const [msal] = await app(withPassword, everyType);
    failsWith("isUserNotFound", await msal.resetPassword({ username: somebody() }));
    failsWith("isInvalidUsername", await msal.resetPassword({ username: "casey" }));
    const username = await register((await app())[0]);
    for (const client of [withPassword, emailCode]) {
      const { error } = await (await app(client, everyType))[0].resetPassword({ username });
      equal([500222], error.errorData.errorCodes, "code");
    }
  },

  async "a password that has to be replaced, by a reset"() {
    const [msal] = await app(withPassword, everyType);
    const username = await enrol(msal);
    await requireReset(username);
    failsWith("isPasswordResetRequired", await msal.signIn({ username, password: harbor }));
    failsWith("isPasswordIncorrect", await msal.signIn({ username, password: lantern })); // only its owner learns that
    let state = is("isPasswordRequired", await msal.signIn({ username }));
    const { error } = await state.submitPassword(harbor); // this one has no question of its own for it
    equal([50142], error.errorData.errorCodes, "code");

    state = await resetting(msal, username);
    is("isCompleted", await state.submitNewPassword(lantern));
    await entered(await msal.signIn({ username, password: lantern }), username, "pwd");
  },

  async "an app that cannot take passwords, or no codes, is sent to the browser"() {
    const [every] = await app(withPassword, everyType);
    const username = await enrol(every);
    const withoutPassword = await register((await app())[0]);

    const [codes] = await app(withPassword, ["oob", "redirect"]);
    failsWith("isRedirectRequired", await codes.signUp({ username: somebody() }));
    is("isCodeRequired", await codes.signUp({ username: somebody(), password: harbor }));
    is("isCodeRequired", await codes.resetPassword({ username }));

    const [passwords] = await app(withPassword, ["password", "redirect"]);
    failsWith("isRedirectRequired", await passwords.signUp({ username: somebody(), password: harbor }));
    failsWith("isRedirectRequired", await passwords.signIn({ username: withoutPassword, password: harbor }));
    failsWith("isRedirectRequired", await passwords.resetPassword({ username }));

    const [none] = await app(withPassword, ["redirect"]);
    failsWith("isRedirectRequired", await none.signIn({ username, password: harbor }));
    failsWith("isRedirectRequired", await none.resetPassword({ username }));
  },

  async "a challenge type that nobody knows, with passwords"() {
    const [msal, config] = await app(withPassword, everyType);
    const username = await enrol(msal);
    config.customAuth.challengeTypes.push("pigeon");
    failsWith("isUnsupportedChallengeType", await msal.signUp({ username: somebody(), password: harbor }));
    failsWith("isUnsupportedChallengeType", await msal.signIn({ username, password: harbor }));
    failsWith("isUnsupportedChallengeType", await msal.resetPassword({ username }));
  },

  async "one correlation id through a reset"() {
    const [msal] = await app(withPassword, everyType);
    const username = await enrol(msal);
    const correlationId = crypto.randomUUID();
    const before = calls.length;
    let state = is("isCodeRequired", await msal.resetPassword({ username, correlationId }));
    state = is("isPasswordRequired", await state.submitCode(await nextCode(username)));
    const error = failsWith("isInvalidPassword", await state.submitNewPassword("harbor"));
    equal(correlationId, error.correlationId, "correlation id of the error");
    state = is("isCompleted", await state.submitNewPassword(lantern));
    is("isCompleted", await state.signIn());
    const mine = calls.slice(before);
    equal(7, mine.length, "calls");
    equal([correlationId], [...new Set(mine.map((c) => c.sentID))], "ids sent");
  },
});
