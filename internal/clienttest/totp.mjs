// An authenticator app: it shows and checks codes of RFC 6238 as the npm package otpauth has them.
//
// usage: node totp.mjs, with a JSON array of questions on standard input. Each names a time in milliseconds,
// and an otpauth URI or a secret in base32 that the app is set up with; without both it makes a secret of its
// own. "code" is one to be checked, "around" how many steps off it may be. The answers come as a JSON array in
// the same order.
import { readFileSync } from "node:fs";
import * as OTPAuth from "otpauth";

const answers = JSON.parse(readFileSync(0, "utf8")).map(({ uri, secret, time, code, around }) => {
  const app = uri ? OTPAuth.URI.parse(uri) : new OTPAuth.TOTP({ secret });
  return {
    issuer: app.issuer,
    account: app.label,
    named: app.issuerInLabel, // whether the label says the issuer, too
    secret: app.secret.base32,
    kind: `${app.algorithm} ${app.digits} ${app.period}`,
    shown: app.generate({ timestamp: time }),
    off: code ? app.validate({ token: code, timestamp: time, window: around }) : null, // null: refused
  };
});
console.log(JSON.stringify(answers));
