// Lets openid-client, as npm has it, call the API as servers do, and prints one line of JSON for each scenario:
// {"name": …, "problem": …}, with an empty problem where all went well.
//
// usage: node openid.mjs ISSUER, with JSON on standard input: username, password, secret, and key, a private JWK.
// The clients are called server, which has the secret, and signer, which has the key.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as openid from "openid-client";

const issuer = new URL(process.argv[2]);
const { username, password, secret, key } = JSON.parse(readFileSync(0, "utf8"));
const privateKey = await crypto.subtle.importKey("jwk", key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const allowHTTP = { execute: [openid.allowInsecureRequests] };
const scope = "openid profile email offline_access";

// The ways in which a client authenticates.
const ways = {
  client_secret_basic: ["server", openid.ClientSecretBasic(secret)],
  client_secret_post: ["server", openid.ClientSecretPost(secret)],
  private_key_jwt: ["signer", openid.PrivateKeyJwt({ key: privateKey, kid: key.kid })],
};

const discover = ([client, authentication]) => openid.discovery(issuer, client, undefined, authentication, allowHTTP);

const signIn = (config, more) => openid.genericGrantRequest(config, "password", { username, password, scope, ...more });

// refused expects a call to fail with an error of RFC 6749.
async function refused(call, error, status) {
  await assert.rejects(call, (e) => {
    assert.deepEqual([e.error, e.status], [error, status], `${e}: ${JSON.stringify(e.cause)}`);
    return true;
  });
}

// challenged expects a call to fail because the Authorization header that came with it is not good.
async function challenged(call) {
  await assert.rejects(call, (e) => {
    assert.deepEqual([e.code, e.status, e.cause[0].scheme], ["OAUTH_WWW_AUTHENTICATE_CHALLENGE", 401, "basic"]);
    return true;
  });
}

const scenarios = {};

for (const [name, way] of Object.entries(ways)) {
  scenarios[`${name}: sign in, refresh, ask, revoke`] = async () => {
    const config = await discover(way);
    assert.ok(config.serverMetadata().token_endpoint_auth_methods_supported.includes(name));
    const first = await signIn(config);
    const { sub, aud } = first.claims();
    assert.equal(aud, way[0]);

    const second = await openid.refreshTokenGrant(config, first.refresh_token);
    assert.equal(second.claims().sub, sub);
    assert.notEqual(second.refresh_token, first.refresh_token);

    const person = await openid.fetchUserInfo(config, second.access_token, sub);
    assert.equal(person.email, username);

    const access = await openid.tokenIntrospection(config, second.access_token);
    assert.deepEqual([access.active, access.client_id, access.sub], [true, way[0], sub]);
    assert.equal((await openid.tokenIntrospection(config, second.refresh_token)).active, true);

    await openid.tokenRevocation(config, second.refresh_token);
    assert.equal((await openid.tokenIntrospection(config, second.refresh_token)).active, false);
    assert.equal((await openid.tokenIntrospection(config, second.access_token)).active, false);
    await refused(openid.refreshTokenGrant(config, second.refresh_token), "invalid_grant", 400);
  };

  scenarios[`${name}: what is wrong is told`] = async () => {
    const config = await discover(way);
    await refused(signIn(config, { password: "not it" }), "invalid_grant", 400);
    await refused(signIn(config, { scope: "Nothing.Read" }), "invalid_scope", 400);
    await refused(openid.clientCredentialsGrant(config), "unsupported_grant_type", 400);
  };
}

scenarios["tokens are as the scopes"] = async () => {
  const config = await discover(ways.client_secret_basic);
  const tokens = await signIn(config, { scope: "Orders.Read" });
  assert.deepEqual([tokens.scope, tokens.id_token, tokens.refresh_token], ["Orders.Read", undefined, undefined]);
};

// decide has an app approve a device, or deny it, with a token of its own.
async function decide(code, action) {
  const { access_token } = await signIn(await discover(ways.client_secret_basic), { scope: "openid" });
  const response = await fetch(`${issuer}/oauth2/v2.0/device`, {
    method: "POST",
    headers: { Authorization: `Bearer ${access_token}` },
    body: new URLSearchParams({ user_code: code, action }),
  });
  assert.equal(response.status, 200, await response.text());
}

scenarios["a device signs in, is denied, and is told to wait"] = async () => {
  for (const [name, way] of Object.entries(ways)) {
    const config = await discover(way);
    const ask = async () => ({ ...(await openid.initiateDeviceAuthorization(config, { scope })), interval: 0 });

    const allowed = await ask();
    await decide(allowed.user_code, "approve");
    const tokens = await openid.pollDeviceAuthorizationGrant(config, allowed);
    assert.equal(tokens.claims().aud, way[0], name);
    assert.equal((await openid.refreshTokenGrant(config, tokens.refresh_token)).claims().sub, tokens.claims().sub);
    await refused(openid.pollDeviceAuthorizationGrant(config, allowed), "bad_verification_code", 400);

    const denied = await ask();
    await decide(denied.user_code, "deny");
    await refused(openid.pollDeviceAuthorizationGrant(config, denied), "authorization_declined", 400);

    const grant = "urn:ietf:params:oauth:grant-type:device_code";
    const { device_code } = await ask();
    await refused(openid.genericGrantRequest(config, grant, { device_code }), "authorization_pending", 400);
    await refused(openid.genericGrantRequest(config, grant, { device_code }), "slow_down", 400);
  }
};

scenarios["a client with a wrong secret, or none"] = async () => {
  const inHeader = await discover(["server", openid.ClientSecretBasic(`x${secret}`)]);
  await challenged(signIn(inHeader));
  await challenged(openid.tokenIntrospection(inHeader, "x"));
  for (const authentication of [openid.ClientSecretPost(`x${secret}`), openid.None()]) {
    const config = await discover(["server", authentication]);
    await refused(signIn(config), "invalid_client", 401);
    await refused(openid.tokenIntrospection(config, "x"), "invalid_client", 401);
  }
};

for (const [name, play] of Object.entries(scenarios)) {
  const problem = await play().then(() => "", (e) => `${e.stack}\n${e.cause ? JSON.stringify(e.cause) : ""}`);
  console.log(JSON.stringify({ name, problem }));
}
