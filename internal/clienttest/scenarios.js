// What an app does with MSAL JS for people who get in by codes.
"use strict";

Object.assign(scenarios, {
  async "sign up with a code and be signed in without another"() {
    const [msal] = await app();
    const username = somebody();

    let state = is("isCodeRequired", await msal.signUp({ username }));
    const code = await nextCode(username);
    equal(code.length, state.getCodeLength(), "length of the code");
    check(state.getCodeResendInterval() >= 0, "resend interval", state.getCodeResendInterval());
    state = is("isCompleted", await state.submitCode(code));
    const result = await state.signIn();
    is("isCompleted", result);

    const account = result.data.getAccount();
    const claims = result.data.getClaims();
    equal(username, account.username, "user name");
    equal(username, claims.preferred_username, "preferred_username");
    equal(emailCode, claims.aud, "aud");
    equal(`${claims.oid}.${claims.tid}`, account.homeAccountId, "home account id");
    equal(claims.tid, account.tenantId, "tenant");
    equal(3, result.data.getIdToken().split(".").length, "parts of the id token");
    equal(username, msal.getCurrentAccount().data.getAccount().username, "current account");
    equal(1, msal.getAllAccounts().length, "accounts in the cache");
  },

  async "sign up a name that is taken"() {
    const [msal] = await app();
    const username = await register(msal);
    failsWith("isUserAlreadyExists", await msal.signUp({ username }));
  },

  async "sign in with a code"() {
    const [msal] = await app();
    const username = await register(msal);

    const state = is("isCodeRequired", await msal.signIn({ username }));
    const code = await nextCode(username);
    equal(code.length, state.getCodeLength(), "length of the code");
    const result = await state.submitCode(code);
    is("isCompleted", result);
    equal(username, result.data.getAccount().username, "user name");
  },

  async "sign in a name that nobody has"() {
    const [msal] = await app();
    failsWith("isUserNotFound", await msal.signIn({ username: somebody() }));
  },

  async "a name that is no address"() {
    const [msal] = await app();
    failsWith("isInvalidUsername", await msal.signUp({ username: "casey" }));
    failsWith("isInvalidUsername", await msal.signIn({ username: "casey" }));
  },

  async "mistype the code at sign-up, then get it right"() {
    const [msal] = await app();
    const username = somebody();
    const state = is("isCodeRequired", await msal.signUp({ username }));
    const code = await nextCode(username);
    failsWith("isInvalidCode", await state.submitCode(otherThan(code)));
    is("isCompleted", await state.submitCode(code));
  },

  async "mistype the code at sign-in, then get it right"() {
    const [msal] = await app();
    const username = await register(msal);
    const state = is("isCodeRequired", await msal.signIn({ username }));
    const code = await nextCode(username);
    failsWith("isInvalidCode", await state.submitCode(otherThan(code)));
    is("isCompleted", await state.submitCode(code));
  },

  async "a second code at sign-up puts an end to the first"() {
    const [msal] = await app();
    const username = somebody();
    let state = is("isCodeRequired", await msal.signUp({ username }));
    const first = await nextCode(username);
    state = is("isCodeRequired", await state.resendCode());
    const second = await nextCode(username);
    failsWith("isInvalidCode", await state.submitCode(first));
    is("isCompleted", await state.submitCode(second));
  },

  async "a second code at sign-in puts an end to the first"() {
    const [msal] = await app();
    const username = await register(msal);
    let state = is("isCodeRequired", await msal.signIn({ username }));
    const first = await nextCode(username);
    failsWith("isInvalidCode", await state.submitCode(otherThan(first)));
    state = is("isCodeRequired", await state.resendCode());
    const second = await nextCode(username);
    failsWith("isInvalidCode", await state.submitCode(first));
    is("isCompleted", await state.submitCode(second));
  },

  async "attributes asked for after the code"() {
    const [msal] = await app(withAttributes);
    let state = await proven(msal);

    const asked = state.getRequiredAttributes();
    const must = asked.filter((a) => a.required);
    equal(Object.keys(required).sort(), names(must), "required attributes");
    for (const { name, type } of asked) equal("string", typeof type, `type of ${name}`);
    equal("^[A-Za-z .'-]{2,60}$", must.find((a) => a.name === "city").options.regex, "pattern of the city");

    state = is("isCompleted", await state.submitAttributes({ ...required, jobTitle: "Baker" }));
    is("isCompleted", await state.signIn());
  },

  async "attributes refused after the code, then accepted"() {
    const [msal] = await app(withAttributes);
    const state = await proven(msal);
    for (const wrong of [{ city: "1" }, { [terms]: "perhaps" }, { [hobbies]: "Chess" }]) {
      const error = failsWith("isAttributesValidationFailed", await state.submitAttributes({ ...required, ...wrong }));
      equal(Object.keys(wrong), names(error.attributes), "refused attributes");
    }
    is("isCompleted", await state.submitAttributes({ ...required, [hobbies]: "Dancing, Traveling" }));
  },

  // MSAL's failed result carries no state to go on from: the app has the one it had.
  async "some attributes after the code, then all of them"() {
    const [msal] = await app(withAttributes);
    let state = await proven(msal);
    const error = failsWith("isMissingRequiredAttributes", await state.submitAttributes({ displayName: "Casey Jensen" }));
    const missing = names(error.attributes.filter((a) => a.required));
    equal(["city", terms], missing, "attributes still missing");
    state = is("isCompleted", await state.submitAttributes(required));
    is("isCompleted", await state.signIn());
  },

  async "all attributes at the start"() {
    const [msal] = await app(withAttributes);
    const username = somebody();
    const attributes = { ...required, jobTitle: "Baker", [hobbies]: "Dancing,Swimming" };
    let state = is("isCodeRequired", await msal.signUp({ username, attributes }));
    state = is("isCompleted", await state.submitCode(await nextCode(username)));
    const result = await state.signIn();
    is("isCompleted", result);
    const { me } = await callAPI(await accessToken(result.data, false));
    for (const name in attributes) equal(attributes[name], me.attributes[name], `kept as ${name}`);
  },

  async "some attributes at the start, the others asked for"() {
    const [msal] = await app(withAttributes);
    const { city, ...others } = required;
    const state = await proven(msal, others);
    equal(["city"], names(state.getRequiredAttributes().filter((a) => a.required)), "attributes still missing");
    is("isCompleted", await state.submitAttributes({ city }));
  },

  async "attributes refused at the start"() {
    const [msal] = await app(withAttributes);
    const attributes = { ...required, city: "1" };
    const error = failsWith("isAttributesValidationFailed", await msal.signUp({ username: somebody(), attributes }));
    equal(["city"], names(error.attributes), "refused attributes");
  },

  async "an access token from the cache, then by refresh"() {
    const [msal] = await app();
    const account = await signedIn(msal);

    const before = calls.length;
    const cached = await accessToken(account, false);
    equal(cached, await accessToken(account, false), "cached token");
    const reopened = (await app())[0].getCurrentAccount().data;
    equal(cached, await accessToken(reopened, false), "cached token for an app made anew");
    equal(before, calls.length, "calls for cached tokens");

    const tokens = new Set([cached]);
    for (const round of [1, 2]) {
      const fresh = await accessToken(account, true);
      tokens.add(fresh);
      equal(before + round, calls.length, "calls for refreshed tokens");
      equal(fresh, await accessToken(account, false), "token in the cache after a refresh");
    }
    equal(3, tokens.size, "different access tokens");
    equal(new URL(await apiURL()).pathname + "/oauth2/v2.0/token", calls.at(-1).path, "path of the refresh");
    equal(1, msal.getAllAccounts().length, "accounts in the cache");
  },

  async "access tokens open the API"() {
    const [msal] = await app();
    const account = await signedIn(msal);
    equal(401, (await callAPI("")).status, "status without a token");
    for (const refresh of [false, true]) {
      const { status, me } = await callAPI(await accessToken(account, refresh));
      equal(200, status, "status with a token");
      equal(account.getAccount().username, me.username, "user name");
      equal(account.getClaims().oid, me.id, "user id");
    }
    equal(401, (await callAPI(account.getIdToken())).status, "status with an id token");
  },

  async "sign out, then in again"() {
    const [msal] = await app();
    const account = await signedIn(msal);
    is("isCompleted", await account.signOut());
    failsWith("isCurrentAccountNotFound", msal.getCurrentAccount());
    failsWith("isCurrentAccountNotFound", await account.getAccessToken({ forceRefresh: false }));
    const { username } = account.getAccount();
    const state = is("isCodeRequired", await msal.signIn({ username }));
    is("isCompleted", await state.submitCode(await nextCode(username)));
  },

  async "an app that cannot take codes is sent to the browser"() {
    const username = await register((await app())[0]);
    for (const types of [["password"], ["redirect"]]) {
      const [msal] = await app(emailCode, types);
      failsWith("isRedirectRequired", await msal.signUp({ username: somebody() }));
      failsWith("isRedirectRequired", await msal.signIn({ username }));
    }
  },

  // MSAL checks its list once, when the app is made, and lets capitals through.
  async "challenge types in capitals, and one that nobody knows"() {
    const [msal, config] = await app(emailCode, ["OOB", "redirect"]);
    is("isCodeRequired", await msal.signUp({ username: somebody() }));
    config.customAuth.challengeTypes.push("pigeon");
    failsWith("isUnsupportedChallengeType", await msal.signUp({ username: somebody() }));
    failsWith("isUnsupportedChallengeType", await msal.signIn({ username: somebody() }));
  },

  async "one correlation id from the first call to the last"() {
    const [msal] = await app();
    const username = await register(msal);
    const correlationId = crypto.randomUUID();
    const before = calls.length;
    const state = is("isCodeRequired", await msal.signIn({ username, correlationId }));
    const code = await nextCode(username);
    const error = failsWith("isInvalidCode", await state.submitCode(otherThan(code)));
    equal(correlationId, error.correlationId, "correlation id of the error");
    is("isCompleted", await state.submitCode(code));
    const mine = calls.slice(before);
    equal(4, mine.length, "calls");
    equal([correlationId], [...new Set(mine.map((c) => c.sentID))], "ids sent");
  },
});
