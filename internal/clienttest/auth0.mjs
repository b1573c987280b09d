// Lets auth0, the library of Auth0 as npm has it, call the API as servers do, and prints one line of JSON for each
// scenario: {"name": …, "problem": …}, with an empty problem where all went well.
//
// usage: node auth0.mjs DOMAIN, with JSON on standard input: username, guarded, password, secret, audience, and
// pem, a private key. The clients are called server, which has the secret, and signer, which has the key.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AuthenticationClient } from "auth0";

const domain = process.argv[2];
const { username, guarded, password, secret, audience, pem } = JSON.parse(readFileSync(0, "utf8"));
const common = { domain, retry: { enabled: false } };

const ways = {
  "a secret": new AuthenticationClient({ ...common, clientId: "server", clientSecret: secret }),
  "a key": new AuthenticationClient({
    ...common, clientId: "signer", clientAssertionSigningKey: pem, clientAssertionSigningAlg: "RS256",
  }),
};
const { oauth } = ways["a secret"];

// refused expects a call to fail as the library reads it.
async function refused(call, status, error, description) {
  await assert.rejects(call, (e) => {
    assert.deepEqual([e.statusCode, e.error, e.error_description], [status, error, description], e.body);
    return true;
  });
}

const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));

const scenarios = {};

for (const [name, { oauth }] of Object.entries(ways)) {
  scenarios[`${name}: sign in and refresh`] = async () => {
    const { data: first } = await oauth.passwordGrant({ username, password, audience, scope: "read:orders offline_access" });
    assert.deepEqual([first.token_type, claims(first.access_token).aud], ["Bearer", audience]);
    const { data: second } = await oauth.refreshTokenGrant({ refresh_token: first.refresh_token });
    assert.notEqual(second.access_token, first.access_token);
    assert.equal(second.scope, "read:orders offline_access");
    const { data: reduced } = await oauth.refreshTokenGrant({ refresh_token: second.refresh_token, scope: "offline_access" });
    assert.equal(claims(reduced.access_token).scope, "");
  };
}

scenarios["no scope is all of the API, and the answer says so"] = async () => {
  const { data } = await oauth.passwordGrant({ username, password, audience });
  assert.equal(data.scope, "read:orders write:orders");
};

scenarios["a realm"] = async () => {
  await oauth.passwordGrant({ username, password, audience, realm: "employees" });
  await refused(oauth.passwordGrant({ username, password, realm: "strangers" }), 400, "invalid_request", "The connection was not found.");
};

scenarios["what is wrong is told"] = async () => {
  await refused(oauth.passwordGrant({ username, password: "not it" }), 403, "invalid_grant", "Wrong email or password.");
  await refused(oauth.passwordGrant({ username, password, audience: "https://x" }), 403, "access_denied", "Service not found.");
  await refused(oauth.refreshTokenGrant({ refresh_token: "x" }), 403, "invalid_grant", "Unknown or invalid refresh token.");
  const stranger = new AuthenticationClient({ ...common, clientId: "server", clientSecret: `x${secret}` });
  await refused(stranger.oauth.passwordGrant({ username, password }), 401, "invalid_client", "The client could not be authenticated.");
};

scenarios["a second factor is asked for"] = async () => {
  await assert.rejects(oauth.passwordGrant({ username: guarded, password }), (e) => {
    assert.deepEqual([e.statusCode, e.error], [403, "mfa_required"]);
    assert.ok(JSON.parse(e.body).mfa_token);
    return true;
  });
};

// It wants an issuer that ends with a slash, which ours does not.
scenarios["an id token is not to its taste"] = async () => {
  await assert.rejects(oauth.passwordGrant({ username, password, scope: "openid" }), /Issuer \(iss\) claim mismatch/);
};

for (const [name, play] of Object.entries(scenarios)) {
  const problem = await play().then(() => "", (e) => `${e.stack}\n${e.body ?? ""}`);
  console.log(JSON.stringify({ name, problem }));
}
