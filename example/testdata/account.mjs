// Checks of the pages that the server makes, and of what pages elsewhere can do to whoever is signed in there.

import assert from "node:assert/strict";
import http from "node:http";
import { askForCode, base, codes, focused, giveCode, nameless, newAddress, signUp, step, wrongCode } from "./hands.mjs";

const api = `${base}/contoso.onmicrosoft.com`;
const client = "88888888-8888-4888-8888-888888888888";

const server = { client_id: "66666666-6666-4666-8666-666666666666", client_secret: process.env.SERVER_SECRET };

// ask calls the API as a server does, without a browser.
const ask = async (path, fields) => (await fetch(`${api}/oauth2/v2.0/${path}`, { method: "POST", body: new URLSearchParams(fields) })).json();

// device asks for a code as a device does; poll asks what became of it.
const device = () => ask("devicecode", { ...server, scope: "openid Orders.Read" });
const poll = ({ device_code }) => ask("token", { ...server, grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code });

// join makes an account on the other page, in another tab's session.
async function join(page, address) {
  await signUp(page, address);
  await step(page, "home");
}

// enter signs in to the account pages.
async function enter(page, address) {
  await page.goto(`${base}/account`);
  await page.waitForURL(`${base}/account/sign-in`);
  await fillIn(page, address);
  await page.waitForURL(`${base}/account`);
}

// fillIn fills in the sign-in.
async function fillIn(page, address) {
  await page.getByLabel("Email address").fill(address);
  await page.keyboard.press("Enter");
  await step(page, "code-step");
  await page.getByLabel("Code from the mail").fill((await codes(address, 1, "sign-in"))[0]);
  await page.keyboard.press("Enter");
}

const greeting = (page) => page.getByRole("heading", { level: 1 }).innerText();
const cookies = async (context) => (await context.cookies()).filter((c) => c.name.includes("session"));

// elsewhere serves an empty page to hosts of this machine, at an origin that is not the app's.
async function elsewhere(use) {
  const server = http.createServer((_, response) => response.setHeader("Content-Type", "text/html").end("<!doctype html><title>Elsewhere</title>"));
  await new Promise((resolve) => server.listen(0, resolve));
  try {
    // The first is of the same site as the app, so its requests carry cookies; the second is of another.
    for (const host of ["127.0.0.1", "localhost"]) await use(`http://${host}:${server.address().port}/`);
  } finally {
    server.close();
  }
}

// sendForm has a page send a form by itself, as a link or a script on it would, and returns the status.
async function sendForm(page, url, fields) {
  const shown = page.waitForNavigation();
  await page.evaluate(([action, fields]) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action });
    for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    document.body.append(form);
    form.submit();
  }, [url, fields]);
  return (await shown).status();
}

// sendScript has a script on a page send the same with the browser's cookies, and returns the status.
async function sendScript(page, url, fields) {
  const answered = page.waitForResponse((r) => r.url() === url && r.request().method() === "POST");
  await page.evaluate(([url, fields]) => fetch(url, { method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams(fields) }).catch(() => {}), [url, fields]);
  return (await answered).status();
}

// pending takes a sign-in of an account to where its code is known, without a browser.
async function pending(address) {
  const { continuation_token: opened } = await ask("initiate", { client_id: client, username: address, challenge_type: "oob redirect" });
  const { continuation_token } = await ask("challenge", { client_id: client, continuation_token: opened });
  const [oob] = await codes(address, 1, "sign-in");
  return { client_id: client, grant_type: "oob", continuation_token, oob };
}

export const checks = {
  async "account: a sign-in ends in a cookie that scripts cannot read, which a reload keeps and a sign-out ends"(page, context) {
    const address = newAddress();
    await join(page, address);
    await page.goto(`${base}/account`);
    assert.equal(await focused(page), "address");
    await page.getByLabel("Email address").fill("nobody.at.all@example.com");
    await page.keyboard.press("Enter");
    await page.getByText("There’s no account with this address").waitFor();
    assert.equal(await focused(page), "address");

    await page.getByLabel("Email address").fill(address);
    await page.keyboard.press("Enter");
    await step(page, "code-step");
    assert.equal(await focused(page), "code");
    const [code] = await codes(address, 1, "sign-in");
    await page.getByLabel("Code from the mail").fill(wrongCode(code));
    await page.keyboard.press("Enter");
    await page.getByText("That code isn’t right").waitFor();
    assert.deepEqual(await cookies(context), []);
    await page.getByLabel("Code from the mail").fill(code);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${base}/account`);
    assert.equal(await greeting(page), `Hello, ${address.split("@")[0]}`);

    const [cookie, ...more] = await cookies(context);
    assert.deepEqual(more, []);
    const { httpOnly, sameSite, path, domain } = cookie;
    assert.deepEqual({ httpOnly, sameSite, path, domain }, { httpOnly: true, sameSite: "Lax", path: "/", domain: new URL(base).hostname });
    assert.equal(await page.evaluate(() => document.cookie), "");
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
    assert.ok(!kept.includes(cookie.value), "nor is it kept where scripts look");

    await page.reload();
    assert.equal(await greeting(page), `Hello, ${address.split("@")[0]}`);
    await page.getByLabel("Your name").fill("Ada");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Hello, Ada" }).waitFor();

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${base}/account/sign-in`);
    assert.deepEqual(await cookies(context), []);
    await context.addCookies([cookie]); // somebody has kept it
    await page.goto(`${base}/account`);
    await page.waitForURL(`${base}/account/sign-in`);
  },

  async "account: what pages elsewhere send is refused and changes nothing"(page, context) {
    const [victim, attacker] = [newAddress(), newAddress()];
    await join(page, victim);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Create an account" }).click();
    await askForCode(page, attacker);
    await giveCode(page, (await codes(attacker))[0]);
    await step(page, "home");
    await enter(page, victim);
    const theirs = await pending(attacker);
    const asking = await device(); // of the attacker, who would like it to be the victim's
    const [before] = await cookies(context);

    const other = await context.newPage();
    await elsewhere(async (url) => {
      for (const [target, fields] of [
        [`${base}/account`, { name: "Mallory" }],
        [`${base}/account/sign-out`, {}],
        [`${api}/oauth2/logout`, {}],
        [`${api}/device`, { user_code: asking.user_code, action: "approve" }],
        [`${api}/oauth2/v2.0/token`, theirs], // or the victim would go on in the attacker's account
      ]) {
        for (const send of [sendForm, sendScript]) {
          await other.goto(url);
          assert.equal(await send(other, target, fields), 403, `${target} by ${send.name} of ${url}`);
          await page.goto(`${base}/account`);
          assert.equal(await greeting(page), `Hello, ${victim.split("@")[0]}`, `${target} by ${send.name} of ${url}`);
        }
      }
    });
    assert.deepEqual((await cookies(context)).map((c) => c.value), [before.value]);
    assert.equal((await poll(asking)).error, "authorization_pending", "nobody has decided");
    assert.equal((await ask("token", theirs)).token_type, "Cookie", "the refused calls have not used up the flow");
  },

  async "account: who comes with the code of a device signs in and goes on there"(page) {
    const address = newAddress();
    await join(page, address);
    const waiting = await device();
    await page.goto(waiting.verification_uri);
    await page.waitForURL(`${base}/account/sign-in?*`);
    await fillIn(page, address);
    await page.waitForURL(waiting.verification_uri);
    await page.getByLabel("Code on your device").fill(waiting.user_code.toLowerCase());
    await page.keyboard.press("Enter");
    await page.getByText("see your orders").waitFor();
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("heading", { name: "Your device is connected" }).waitFor();
    assert.equal((await poll(waiting)).token_type, "Bearer");
    await page.goto(`${base}/account`);
    await page.getByRole("link", { name: "Connect a device" }).click();
    await page.getByLabel("Code on your device").waitFor();
  },

  async "account: no page elsewhere can read it or put it into a frame"(page, context) {
    const address = newAddress();
    await join(page, address);
    await enter(page, address);
    await elsewhere(async (url) => {
      const other = await context.newPage();
      await other.goto(url);
      assert.equal(await other.evaluate((target) => fetch(target, { credentials: "include" }).then(() => "read", () => "refused"), `${base}/account`), "refused");
      await other.evaluate((target) => document.body.append(Object.assign(document.createElement("iframe"), { src: target })), `${base}/account`);
      await other.waitForFunction(() => document.querySelector("iframe").contentDocument === null);
      assert.equal(await other.frames()[1].getByRole("heading").count(), 0);
      await other.close();
    });
  },

  async "account: it fits a narrow screen, everything has a name, and it needs no script once you're in"(page, context) {
    const address = `a.rather.long.name.that.does.not.end.${newAddress()}`;
    await join(page, address);
    await page.setViewportSize({ width: 320, height: 640 }); // WCAG 2.2 §1.4.10
    const fits = async (where) => {
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, `${where} fits`);
      assert.deepEqual(await nameless(page), [], `names on ${where}`);
    };
    await page.goto(`${base}/account`);
    await fits("the sign-in");
    await enter(page, address);
    await fits("the account");
    await page.getByLabel("Your name").fill("  ");
    await page.getByLabel("Your name").evaluate((field) => field.form.submit()); // past the browser's own check
    await page.getByRole("alert").waitFor();
    await fits("a refused name");
    assert.equal(await page.locator("script").count(), 0);
  },
};

// pictures takes a picture of each of the pages.
export async function pictures(page, take) {
  const address = newAddress();
  await join(page, address);
  await page.goto(`${base}/account`);
  await take("account-sign-in");
  await page.getByLabel("Email address").fill(address);
  await page.keyboard.press("Enter");
  await step(page, "code-step");
  await take("account-code");
  await page.getByLabel("Code from the mail").fill((await codes(address, 1, "sign-in"))[0]);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${base}/account`);
  await take("account");
  await page.getByLabel("Your name").fill("\u0085");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").waitFor();
  await take("account-refused");
}
