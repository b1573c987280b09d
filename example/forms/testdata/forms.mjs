// Walks through the app in a real browser, with JavaScript switched off, and prints the names of the pages that it saw.
//
// usage: node forms.mjs CHROMIUM BASE [FOLDER]
//
// CHROMIUM is the program, BASE the app. With a FOLDER it takes pictures of every page there: on a telephone and on a
// desk, light and dark.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import path from "node:path";
import { launch } from "../../../internal/clienttest/browser.mjs";

const [chromium, base, folder] = process.argv.slice(2);
const first = "harbor quilt lantern", second = "lantern quilt harbor";

// walk is a person's way. see is called on each page.
async function walk(page, address, see) {
  const button = (name) => page.getByRole("button", { name });
  const go = async (label, text, name = "Continue") => {
    await page.getByLabel(label).fill(text);
    await button(name).click();
  };
  const refused = async (words) => {
    await page.getByRole("alert").filter({ hasText: words }).waitFor();
    const field = page.locator("[aria-invalid=true]");
    assert.equal(await field.getAttribute("aria-describedby"), "error");
    assert.match(await page.title(), /^Error: /);
  };
  const heading = (name) => page.getByRole("heading", { level: 1, name }).waitFor();
  const sent = async (n) => {
    for (let tries = 0; tries < 200; tries++) {
      const all = (await (await fetch(`${base}/dev/inbox?format=json&to=${address}`)).json()).filter((m) => m.code);
      if (all.length >= n) return all[0].code;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no code number ${n}`);
  };

  await page.goto(base);
  await heading("Sign in"); // the page of the account sends people here
  await see("sign-in");
  await go("E-mail address", address);
  await refused("Nobody has signed up");
  await see("nobody");

  await page.getByRole("link", { name: "Sign up" }).click();
  await go("E-mail address", address);
  const field = page.getByLabel("Code");
  await field.waitFor();
  assert.equal(await field.getAttribute("autocomplete"), "one-time-code");
  assert.equal(await field.getAttribute("inputmode"), "numeric");
  assert.ok(await field.evaluate((it) => it === document.activeElement), "the field has the focus");
  await sent(1);
  await see("code");
  await go("Code", "00000000");
  await refused("wrong");
  await see("wrong-code");
  await go("Code", await sent(1));
  assert.equal(await page.getByLabel("New password").getAttribute("autocomplete"), "new-password");
  await go("New password", "short");
  await refused("cannot be used");
  await see("short-password");
  await go("New password", first);
  await page.getByLabel("Your name").waitFor();
  await see("name");
  await go("Your name", "Ada");
  await heading("Your account");
  await see("account");

  await button("Set up an authenticator app").click();
  const secret = await page.locator("#secret").innerText();
  await see("app");
  await go("Code that the app shows", shown(secret, 0), "Set it up");
  const recovery = await page.locator("li code").allInnerTexts();
  assert.equal(recovery.length, 10);
  await see("recovery");
  await button("Sign out").click();
  await heading("Sign in");
  await page.goto(`${base}/account`);
  await heading("Sign in");

  await go("E-mail address", address);
  const password = page.getByLabel("Password");
  assert.equal(await password.getAttribute("autocomplete"), "current-password");
  assert.equal(await page.getByLabel("E-mail address").inputValue(), address);
  await see("password");
  await go("Password", second);
  await refused("password is wrong");
  await see("wrong-password");
  await go("Password", first);
  await button("Use a recovery code").waitFor();
  await see("methods");
  await button("Use the authenticator app").click();
  await see("app-code");
  await go("Code", "000000");
  await refused("wrong");
  await button("Use a recovery code").click();
  await go("Code", recovery[3]);
  await heading("Your account");
  await page.getByText("with two factors").waitFor();
  await button("Sign out").click();

  await page.getByRole("link", { name: "Forgot the password?" }).click();
  await go("E-mail address", address);
  await page.getByLabel("Code").waitFor();
  await see("reset");
  await go("Code", await sent(2));
  await go("New password", second);
  await button("Use a recovery code").click(); // a reset is no way around the second factor
  await go("Code", recovery[4]);
  await heading("Your account");
  await button("Sign out").click();

  await go("E-mail address", address);
  await button("Send a code instead").click();
  await page.getByLabel("Code").waitFor();
  await go("Code", await sent(3));
  await button("Use a recovery code").click();
  await go("Code", recovery[5]);
  await heading("Your account");
}

// shown is what an authenticator app shows (RFC 6238).
function shown(secret) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/[^A-Z2-7]/g, "")].map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const sum = createHmac("sha1", key).update(counter).digest();
  return String((sum.readUInt32BE(sum.at(-1) & 15) & 0x7fffffff) % 1e6).padStart(6, "0");
}

const browser = await launch(chromium);
const looks = folder
  ? ["light", "dark"].flatMap((scheme) => [["phone", 375, 667, scheme], ["desk", 1280, 800, scheme]])
  : [["phone", 375, 667, "light"]];
for (const [form, width, height, colorScheme] of looks) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, javaScriptEnabled: false, locale: "en-GB" });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const seen = [];
  page.on("console", (m) => {
    // The browser reports every refusal, which the walk provokes, and a field that has the focus already.
    if (!/status of 422|^Autofocus processing/.test(m.text())) seen.push(`console: ${m.text()}`);
  });
  await walk(page, `ada.${form}.${colorScheme}@example.com`, async (name) => {
    seen.push(name);
    assert.deepEqual(await page.locator("input:not([type=hidden])").evaluateAll((all) => all.filter((i) => !i.labels.length).map((i) => i.id)), [], "labels");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is too wide`);
    if (folder) await page.screenshot({ path: path.join(folder, `${name}-${form}-${colorScheme}.png`), fullPage: true });
  });
  console.log(JSON.stringify(seen));
  await context.close();
}
await browser.close();
