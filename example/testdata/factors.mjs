// The checks of second factors: by mail, by phone, with an authenticator app, with recovery codes.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { decode } from "../../internal/clienttest/qr.mjs";
import {
  base, better, choosePassword, codes, focused, giveAddress, giveCode, givePassword, good, nameless, newAddress, quick, register,
  settled, signOut, signUpWithPassword, slow, step, withChoice, withFactor, wrongCode,
} from "./hands.mjs";

let phones = 0;
const newNumber = () => `+4915112345${String(++phones).padStart(3, "0")}`;

// shown is what an authenticator app shows that was set up with a URI (RFC 6238), so many steps from now.
function shown(uri, steps = 0) {
  const secret = new URL(uri).searchParams.get("secret");
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const sum = createHmac("sha1", key).update(time).digest();
  const offset = sum.at(-1) & 15;
  return String((sum.readUInt32BE(offset) & 0x7fffffff) % 1e6).padStart(6, "0");
}

// scanned reads the QR code off the screen.
async function scanned(page, place) {
  const png = await page.locator(`#${place}-qr svg`).screenshot();
  const paper = await page.context().newPage(); // whose policy lets a picture in
  const { pixels, width, height } = await paper.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return { pixels: [...canvas.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height };
  }, `data:image/png;base64,${png.toString("base64")}`);
  await paper.close();
  return decode(pixels, width, height);
}

// levelM are the formats that ISO/IEC 18004 lists for it (table C.1). Decoders forgive wrong bits there.
const levelM = [
  "101010000010010", "101000100100101", "101111001111100", "101101101001011",
  "100010111111001", "100000011001110", "100111110010111", "100101010100000",
];

// formats reads both places of the format.
function formats(rows) {
  const column = rows.map((row) => row[8]);
  const bits = (cells) => cells.map(Number).join("");
  return [
    bits([...rows[8].slice(0, 6), rows[8][7], rows[8][8], column[7], ...column.slice(0, 6).reverse()]),
    bits([...column.slice(-7).reverse(), ...rows[8].slice(-8)]),
  ];
}

// confirm gives the code of a second factor.
async function confirm(page, code) {
  await step(page, "confirm-step");
  await settled(page);
  await page.locator("#confirm").fill(code);
  await page.keyboard.press("Enter");
}

const second = async (address, n = 1) => (await codes(address, n, "second-factor"))[0];
const other = (code) => code.slice(0, -1) + ((Number(code.at(-1)) + 1) % 10);

// first goes through the first factor of a sign-in.
async function first(page, address, app = withFactor, password = good) {
  await giveAddress(page, address, app);
  await step(page, "password-step");
  await givePassword(page, password);
}

// due signs somebody up who has to register a second factor.
async function due(page, address) {
  await page.goto(base);
  await choosePassword(page, address, good, withChoice);
  await step(page, "code-step");
  await giveCode(page, (await codes(address))[0]);
  await step(page, "register-step");
}

// kind chooses what to register, and contact fills in what that takes.
const kind = (page, name) => page.getByRole("radio", { name }).check();
async function contact(page, name, value) {
  await settled(page);
  await page.locator("#register-step").getByRole("textbox", { name }).fill(value);
  await page.keyboard.press("Enter");
}

// setUp registers an authenticator app up to its recovery codes, and returns its URI.
async function setUp(page) {
  await kind(page, "App");
  await page.getByRole("button", { name: "Set up the app" }).click();
  await step(page, "authenticator-step");
  const uri = await page.getByRole("link", { name: "open the app" }).getAttribute("href");
  await page.locator("#app-code").fill(shown(uri));
  await page.keyboard.press("Enter");
  await step(page, "recovery-step");
  return uri;
}

const keep = (page) => page.getByRole("button", { name: "I have kept them" }).click();
const claim = (page, name) => page.getByRole("row", { name: new RegExp(`^${name}`) }).innerText();
const flat = (text) => text.replace(/\s+/g, " ").replaceAll(" ,", ",");
const listed = (page) => page.locator("#method-list li strong").allInnerTexts();

export const checks = {
  async "every text that fits becomes a QR code that is read"() {
    const source = await readFile(new URL("../page/qr.js", import.meta.url), "utf8");
    const { modules, outline } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
    // One length in the middle of each version, where it has the most padding, and the longest of some.
    const lengths = [1, 14, 15, 26, 35, 52, 74, 95, 106, 122, 123, 152, 180, 181, 213, 214, 251, 287, 331, 362, 412, 450, 504, 560, 624, 665, 666];
    for (const length of lengths) {
      const text = Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 7 + length * 13) % 90))).join("");
      const rows = modules(text);
      const scale = 3;
      const width = (rows.length + 8) * scale;
      const pixels = new Uint8ClampedArray(4 * width * width).fill(255);
      for (const [, x, y] of outline(rows).matchAll(/M(\d+) (\d+)/g)) {
        for (let i = 0; i < scale * scale; i++) {
          const at = 4 * (((Number(y) + 4) * scale + Math.floor(i / scale)) * width + (Number(x) + 4) * scale + (i % scale));
          pixels.fill(0, at, at + 3);
        }
      }
      assert.equal(decode(pixels, width, width), text, `${length} bytes`);
      for (const bits of formats(rows)) assert.ok(levelM.includes(bits), `${bits} is the format of no mask at level M`);
    }
    const seven = modules("x".repeat(110)); // the first version that says so (table D.1)
    const version = Array.from({ length: 18 }, (_, i) => Number(seven[Math.floor((17 - i) / 3)][34 + ((17 - i) % 3)]));
    assert.equal(version.join(""), "000111110010010100");
    assert.equal(modules("x".repeat(667)), null, "what does not fit is not cut off");
    assert.ok(modules("é".repeat(333)), "bytes are counted");
    assert.equal(modules("é".repeat(334)), null);
  },

  async "a code by mail follows the password, and a sign-up has passed both"(page) {
    const address = newAddress();
    await signUpWithPassword(page, address, good, withFactor);
    assert.equal(await page.locator("#proven").innerText(), "Proven by code: one factor", "the password was chosen and not proven");
    await page.locator("#method-list").getByText(address, { exact: true }).waitFor();
    await signOut(page);

    assert.equal(await page.getByLabel("And ask for").inputValue(), "factor");
    await first(page, address);
    await step(page, "confirm-step");
    assert.equal(await page.locator("#steps [aria-current]").innerText(), "Second factor");
    assert.equal(await focused(page), "confirm");
    assert.match(await page.locator("#confirm-lead").innerText(), /p\*\*\*/, "the address is not told to whoever has the password");
    assert.ok(!(await page.getByRole("button", { name: "Confirm another way" }).isVisible()), "there is none");
    await confirm(page, "1234");
    await page.locator("#confirm-error").filter({ hasText: "has 8 digits" }).waitFor();
    await confirm(page, wrongCode(await second(address)));
    await page.locator("#confirm-error").filter({ hasText: "isn’t right" }).waitFor();
    assert.equal(await focused(page), "confirm");
    assert.equal(await page.locator("#confirm").getAttribute("aria-invalid"), "true");

    await page.reload();
    await step(page, "confirm-step");
    await page.getByRole("button", { name: "Send another code" }).click();
    await page.getByText("A new code is on its way").waitFor();
    await confirm(page, await second(address, 2));
    await step(page, "home");
    assert.equal(await focused(page), "greeting");
    assert.match(await claim(page, "amr"), /pwd, otp/);
    assert.match(await claim(page, "acr"), /2/);
    assert.equal(await page.locator("#proven").innerText(), "Proven by password and code: two factors");
  },

  async "the address that a sign-up has just proven is registered without another code"(page) {
    const address = newAddress();
    await due(page, address);
    assert.equal(await page.locator("#contact-email").inputValue(), address, "it is offered");
    assert.equal(await focused(page), "contact-email");
    assert.deepEqual((await page.locator("#steps li").allInnerTexts()).map(flat), ["Address (done)", "Code (done)", "Second factor"]);
    await page.keyboard.press("Enter");
    await step(page, "home");
    assert.deepEqual((await codes(address)).filter(Boolean).length, 1);
    await page.locator("#method-list").getByText(address, { exact: true }).waitFor();
    await signOut(page);
    await first(page, address, withChoice);
    await confirm(page, await second(address));
    await step(page, "home");
  },

  async "a phone is registered, and what will not do is said at the field"(page) {
    const address = newAddress();
    const number = newNumber();
    await due(page, address);
    await kind(page, "Phone");
    assert.equal(await page.locator("#contact-email").isDisabled(), true);
    const field = page.locator("#contact-sms");
    assert.deepEqual(await field.evaluate((f) => [f.type, f.inputMode, f.autocomplete]), ["tel", "tel", "tel"]);
    for (const [text, words] of [["", "type your number"], ["0151 1234", "can send messages to"], ["+81 3 12345678", "can send messages to"], ["+1 900 5551234", "known for abuse"]]) {
      await contact(page, "Phone number", text);
      await page.locator("#contact-sms-error").filter({ hasText: words }).waitFor();
      assert.equal(await focused(page), "contact-sms");
      assert.equal(await field.inputValue(), text, "it can be mended");
    }
    await kind(page, "Mail");
    for (const [text, words] of [["nobody", "isn’t an address"], ["ada@blocked.example", "known for abuse"]]) {
      await contact(page, "Email address", text);
      await page.locator("#contact-email-error").filter({ hasText: words }).waitFor();
    }
    await kind(page, "Phone");
    assert.equal(await field.inputValue(), "+1 900 5551234", "what was typed is kept");
    await contact(page, "Phone number", ` ${number.slice(0, 3)} ${number.slice(3)} `);
    await step(page, "confirm-step");
    assert.equal(await page.locator("h2").first().innerText(), "Check your phone");
    assert.match(await page.locator("#confirm-lead").innerText(), new RegExp(`\\+49 ${number.slice(3)}`));
    assert.ok((await page.locator("#confirm-inbox").getAttribute("href")).includes(number.slice(3)));
    await confirm(page, wrongCode((await codes(number))[0]));
    await page.locator("#confirm-error").filter({ hasText: "isn’t right" }).waitFor();
    await page.getByRole("button", { name: "Choose something else" }).click();
    await step(page, "register-step");
    await page.reload();
    await step(page, "register-step");
    assert.ok(await page.getByRole("radio", { name: "Phone" }).isChecked());
    await page.getByRole("button", { name: "Send a code" }).click();
    await step(page, "confirm-step");
    await page.getByRole("button", { name: "Send another code" }).click();
    await page.getByText("A new code is on its way").waitFor();
    await confirm(page, (await codes(number, 3))[0]);
    await step(page, "home");
    await signOut(page);

    await first(page, address);
    await step(page, "confirm-step");
    assert.match(await page.locator("#confirm-lead").innerText(), /message with a code to \+4\*+\d\./);
    await confirm(page, (await codes(number, 4))[0]);
    await step(page, "home");
    assert.match(await claim(page, "amr"), /pwd, sms, mfa/);
  },

  async "an authenticator app is scanned or typed in, and its recovery codes are for once"(page, context) {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const address = newAddress();
    await due(page, address);
    await kind(page, "App");
    await page.getByRole("button", { name: "Set up the app" }).click();
    await step(page, "authenticator-step");
    assert.equal(await focused(page), "app-code");
    const uri = await page.getByRole("link", { name: "open the app" }).getAttribute("href");
    assert.match(uri, new RegExp(`^otpauth://totp/Contoso:${encodeURIComponent(address)}\\?`));
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      assert.equal(await scanned(page, "app"), uri, `in ${colorScheme} colours`);
    }
    assert.equal((await page.locator("#app-key").innerText()).replaceAll(" ", ""), new URL(uri).searchParams.get("secret"));
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
    assert.ok(!kept.includes(new URL(uri).searchParams.get("secret")), "the secret is not kept");
    await page.locator("#app-code").fill(other(shown(uri, 1)));
    await page.keyboard.press("Enter");
    await page.locator("#app-code-error").filter({ hasText: "isn’t right" }).waitFor();
    assert.equal(await focused(page), "app-code");
    await page.reload();
    await step(page, "register-step"); // and another secret
    const again = await setUp(page);
    assert.notEqual(again, uri);

    const list = (await page.locator("#kept-codes li").allInnerTexts()).map((code) => code.replaceAll(" ", ""));
    assert.equal(new Set(list).size, 10);
    assert.equal(await focused(page), "kept-copy");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.deepEqual(copied.trim().split("\n").map((code) => code.replaceAll(" ", "")), list);
    await keep(page);
    await step(page, "home");
    const left = await page.evaluate(() => document.documentElement.outerHTML);
    assert.ok(!left.includes(list[0].slice(0, 4) + " ") && !left.includes("otpauth:"), "codes and secret are gone from the page");
    assert.equal(await page.locator("#proven").innerText(), "Proven by two codes: two factors");
    assert.match(await page.locator("#method-list").innerText(), /Authenticator app.*Recovery codes\s+10 left/s);
    await signOut(page);

    await first(page, address, withChoice);
    await step(page, "confirm-step");
    assert.match(await page.locator("#confirm-lead").innerText(), /authenticator app/);
    assert.ok(!(await page.locator("#confirm-resend").isVisible()), "nothing was sent");
    await confirm(page, shown(again, 1)); // that of now is used up
    await step(page, "home");
    assert.match(await claim(page, "amr"), /pwd, otp, mfa/);
    await signOut(page);

    for (const [code, words] of [[list[3], ""], [list[3], "used before"], ["short", "has 16"], [list[4].toUpperCase(), ""]]) {
      if (!(await page.locator("#confirm-step").isVisible())) {
        await first(page, address, withChoice);
        await page.getByRole("button", { name: "Confirm another way" }).click();
        await page.getByRole("button", { name: "Recovery code" }).click();
        await step(page, "confirm-step");
        assert.deepEqual(await page.locator("#confirm").evaluate((f) => [f.inputMode, f.autocomplete]), ["text", "off"]);
      }
      await confirm(page, code);
      if (words) await page.locator("#confirm-error").filter({ hasText: words }).waitFor();
      else await step(page, "home").then(() => signOut(page));
    }
  },

  async "recovery codes that were not kept are said to be lost"(page) {
    await due(page, newAddress());
    await setUp(page);
    await page.reload();
    await step(page, "recovery-step");
    await page.locator("#kept-lost").filter({ hasText: "can’t be shown again" }).waitFor();
    assert.ok(!(await page.locator("#kept-copy").isVisible()));
    await keep(page);
    await step(page, "home");
  },

  async "who has several methods chooses one, and another if that fails"(page) {
    const address = newAddress();
    await due(page, address);
    const uri = await setUp(page);
    await keep(page);
    await step(page, "home");
    await page.getByRole("button", { name: "Add an authenticator app" }).waitFor();
    await signOut(page);

    const methods = [["email", "a***"], ["sms", "+4***8"], ["totp", "authenticator app"], ["recovery", "recovery code"]];
    await page.route("**/oauth2/v2.0/introspect", async (route) => {
      const answer = await (await route.fetch()).json();
      const real = Object.fromEntries(answer.methods.map((m) => [m.challenge_channel, m.id]));
      answer.methods = methods.map(([channel, hint]) => ({ id: real[channel] ?? channel, challenge_type: "oob", challenge_channel: channel, login_hint: hint }));
      await route.fulfill({ json: answer });
    });
    const blocked = { error: "access_denied", suberror: "provider_blocked_by_rep", error_codes: [550024], error_description: "AADSTS550024: Configuring multi-factor authentication method is blocked." };
    await first(page, address);
    await step(page, "factor-step");
    const buttons = page.locator("#factor-list button");
    assert.deepEqual((await buttons.allInnerTexts()).map(flat), ["Email, a***", "Text message, +4***8", "Authenticator app, The six digits that it shows", "Recovery code, One of those that you have kept"]);
    assert.equal(await page.evaluate(() => document.activeElement.innerText.split("\n")[0]), "Email");
    await page.reload();
    await step(page, "factor-step");
    await page.route("**/oauth2/v2.0/challenge", (route) => route.fulfill({ status: 400, json: blocked }));
    await buttons.nth(1).click();
    await page.locator("#notice").filter({ hasText: "is blocked" }).waitFor();
    await page.unroute("**/oauth2/v2.0/challenge");
    await buttons.nth(2).click();
    await confirm(page, shown(uri, 1));
    await step(page, "home");
  },

  async "a list that does not come can be asked for again"(page) {
    const address = newAddress();
    await register(page, address, good, withFactor);
    await page.route("**/oauth2/v2.0/introspect", (route) => route.abort());
    await first(page, address);
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await page.unroute("**/oauth2/v2.0/introspect");
    await page.keyboard.press("Enter");
    await confirm(page, await second(address));
    await step(page, "home");
    await signOut(page);

    const newcomer = newAddress();
    await page.route("**/register/v1.0/introspect", (route) => route.abort());
    await page.getByRole("button", { name: "Create an account" }).click();
    await choosePassword(page, newcomer, good, withChoice);
    await step(page, "code-step");
    await giveCode(page, (await codes(newcomer))[0]);
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await page.unroute("**/register/v1.0/introspect");
    await page.keyboard.press("Enter");
    await step(page, "register-step");
  },

  async "a method that must wait is shown with how long"(page) {
    await page.goto(slow);
    const address = `slow.${newAddress()}`;
    await choosePassword(page, address, good, withFactor);
    await step(page, "code-step");
    const [mail] = await (await fetch(`${slow}/dev/inbox?format=json&to=${address}`)).json();
    await giveCode(page, mail.code);
    await step(page, "home");
    await signOut(page);
    await first(page, address);
    await Promise.race([step(page, "factor-step"), step(page, "confirm-step")]);
    if (await page.locator("#factor-step").isVisible()) {
      await page.locator("#notice").filter({ hasText: /Wait \d seconds?/ }).waitFor();
    } else {
      assert.match(await page.locator("#confirm-resend").innerText(), /in 0:0[1-5]/);
    }
  },

  async "a code alone leads to the password where the account needs more than its mailbox"(page) {
    const address = newAddress();
    await register(page, address, good, withFactor);
    await giveAddress(page, address, withFactor);
    await step(page, "password-step");
    await page.getByRole("button", { name: "Use a code instead" }).click();
    await step(page, "code-step");
    await giveCode(page, (await codes(address, 1, "sign-in"))[0]);
    await page.getByRole("button", { name: "Use the password", exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await step(page, "password-step");
    await givePassword(page, good);
    await confirm(page, await second(address));
    await step(page, "home");
  },

  async "after a reset a second factor is asked for, which the same mailbox is not"(page) {
    const address = newAddress();
    await due(page, address);
    const uri = await setUp(page);
    await keep(page);
    await step(page, "home");
    await signOut(page);
    const reset = async (who, password) => {
      await giveAddress(page, who, withChoice);
      await step(page, "password-step");
      await page.getByRole("button", { name: "Forgot the password?" }).click();
      await step(page, "code-step");
      await giveCode(page, (await codes(who, 1, "password-reset"))[0]);
      await step(page, "choose-step");
      await page.locator("#chosen").fill(password);
      await page.keyboard.press("Enter");
    };
    await reset(address, better);
    await confirm(page, shown(uri, 1));
    await step(page, "home");
    await page.getByText("Your new password is set. Wherever else").waitFor();
    await signOut(page);

    const mailed = newAddress();
    await page.evaluate(() => sessionStorage.clear());
    await register(page, mailed, good, withFactor);
    await reset(mailed, better);
    await page.getByText("Your new password is set. Sign in with it").waitFor();
    await page.keyboard.press("Enter");
    await step(page, "password-step");
    await givePassword(page, better);
    await confirm(page, await second(mailed));
    await step(page, "home");
  },

  async "an account without a method registers one when it signs in where one is due"(page) {
    const address = newAddress();
    await register(page, address);
    await first(page, address, withFactor);
    await step(page, "register-step");
    assert.equal(await page.locator("#contact-email").inputValue(), address);
    await page.keyboard.press("Enter");
    await confirm(page, (await codes(address, 1, "registration"))[0]); // nothing proves the mailbox this time
    await step(page, "home");
    assert.match(await claim(page, "acr"), /2/);
  },

  async "who is signed in adds an app and removes it, after a sign-in that is good for that"(page) {
    const address = newAddress();
    await signUpWithPassword(page, address, good, withFactor);
    await page.locator("#method-list").getByText(address, { exact: true }).waitFor();
    await page.getByRole("button", { name: "Add an authenticator app" }).click();
    await page.locator("#home-notice").filter({ hasText: "with a second factor" }).waitFor();
    await page.keyboard.press("Enter"); // the offer has the focus
    await step(page, "address-step");
    assert.equal(await page.getByRole("textbox", { name: "Email address" }).inputValue(), address);
    await first(page, address);
    await confirm(page, await second(address));
    await step(page, "home");

    await page.getByRole("button", { name: "Add an authenticator app" }).click();
    assert.match(await page.locator("#own-app").innerText(), /Scan this/);
    await page.locator("#own-app-code:focus").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await focused(page), "add-app");
    await page.keyboard.press("Enter");
    await page.locator("#own-app-qr svg").waitFor();
    const uri = await page.locator("#own-app-link").getAttribute("href");
    assert.equal(await scanned(page, "own-app"), uri);
    await page.locator("#own-app-code").fill(other(shown(uri, 1)));
    await page.keyboard.press("Enter");
    await page.locator("#own-app-code-error").filter({ hasText: "isn’t right" }).waitFor();
    await page.locator("#own-app-code").fill(shown(uri));
    await page.keyboard.press("Enter");
    await step(page, "own-kept");
    assert.equal(await page.locator("#own-kept-codes li").count(), 10);
    assert.equal(await focused(page), "own-kept-copy");
    await keep(page);
    assert.deepEqual(await listed(page), ["Email", "Authenticator app", "Recovery codes"]);
    assert.equal(await focused(page), "methods-title");

    await page.getByRole("button", { name: "New recovery codes" }).click();
    await step(page, "own-kept");
    await keep(page);
    for (const [name, left] of [["Remove Authenticator app", ["Email", "Recovery codes"]], ["Remove Recovery codes", ["Email"]]]) {
      await page.getByRole("button", { name }).click();
      await page.getByRole("button", { name: "Yes, remove" }).waitFor();
      await page.keyboard.press("Enter");
      await page.waitForFunction((n) => document.querySelectorAll("#method-list li").length === n, left.length);
      assert.deepEqual(await listed(page), left);
      assert.equal(await focused(page), "methods-title");
    }
    assert.ok(!(await page.getByRole("button", { name: "New recovery codes" }).isVisible()), "there is nothing that they stand in for");

    const json = { error: "insufficient_user_authentication", max_age: 600 };
    await page.route("**/api/methods/totp", (route) => route.fulfill({ status: 401, json }));
    await page.getByRole("button", { name: "Add an authenticator app" }).click();
    await page.locator("#home-notice").filter({ hasText: "last ten minutes" }).waitFor();
  },

  async "an app without a second factor is no way around those of an account"(page) {
    const address = newAddress();
    await register(page, address, good, withFactor);
    await giveAddress(page, address, quick);
    await step(page, "code-step");
    await giveCode(page, (await codes(address, 1, "sign-in"))[0]);
    await step(page, "home");
    await page.getByRole("button", { name: "Remove Email" }).click();
    await page.getByRole("button", { name: "Yes, remove" }).click();
    await page.getByRole("button", { name: "Sign in again" }).click();
    await step(page, "address-step");
    assert.ok(await page.getByRole("radio", { name: "A password" }).isChecked());
    assert.equal(await page.getByLabel("And ask for").inputValue(), "factor");
    await page.keyboard.press("Enter");
    await step(page, "password-step");
  },

  async "the keyboard alone registers an app"(page) {
    await due(page, newAddress());
    const tabTo = async (matches) => {
      for (let i = 0; i < 25; i++) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate(() => {
          const e = document.activeElement;
          const drawn = e.type === "radio" ? e.nextElementSibling : e;
          return { id: e.id, value: e.value, outline: getComputedStyle(drawn).outlineStyle };
        });
        assert.notEqual(at.outline, "none", `focus shows on ${at.id || at.value}`);
        if (matches(at)) return;
      }
      assert.fail("tabbing does not get there");
    };
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement.value), "email");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.evaluate(() => document.activeElement.value), "totp");
    await page.locator("#register-hint").filter({ hasText: "authenticator app" }).waitFor();
    await tabTo((at) => at.id === "register-go");
    await page.keyboard.press("Space");
    await step(page, "authenticator-step");
    const uri = await page.locator("#app-link").getAttribute("href");
    await page.keyboard.type(shown(uri));
    assert.match(await page.locator("#app-code").inputValue(), /^\d{3} \d{3}$/);
    await page.keyboard.press("Enter");
    await step(page, "recovery-step");
    await tabTo((at) => at.id === "kept-go");
    await page.keyboard.press("Enter");
    await step(page, "home");
  },

  async "second factors fit a narrow screen, and everything has a name"(page) {
    await page.setViewportSize({ width: 320, height: 640 }); // WCAG 2.2 §1.4.10
    const fits = async (where) => {
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, `${where} fits`);
      assert.deepEqual(await nameless(page), [], `names on ${where}`);
    };
    const address = `a.rather.long.name.that.does.not.end.${newAddress()}`;
    await due(page, address);
    await fits("the registration");
    await kind(page, "Phone");
    await contact(page, "Phone number", "1");
    await page.locator("#contact-sms-error:visible").waitFor();
    await fits("a wrong number");
    await contact(page, "Phone number", newNumber());
    await step(page, "confirm-step");
    await fits("the code for a number");
    await page.getByRole("button", { name: "Choose something else" }).click();
    await kind(page, "App");
    await page.getByRole("button", { name: "Set up the app" }).click();
    await step(page, "authenticator-step");
    await fits("an app");
    await page.getByRole("button", { name: "Choose something else" }).click();
    await setUp(page);
    await fits("recovery codes");
    await keep(page);
    await step(page, "home");
    await page.locator("#method-list li").first().waitFor();
    await fits("the list of methods");
    await signOut(page);
    await first(page, address);
    await page.getByRole("button", { name: "Confirm another way" }).click();
    await step(page, "factor-step");
    await fits("the choice of a method");
    await page.getByRole("button", { name: "Recovery code" }).click();
    await step(page, "confirm-step");
    await fits("a recovery code");
  },
};

// pictures goes through second factors and takes a picture of each step.
export async function pictures(page, take) {
  await page.evaluate(() => sessionStorage.clear());
  const address = newAddress();
  await page.goto(base);
  await page.getByRole("radio", { name: "A password" }).check();
  await page.locator("#beside").selectOption("choice");
  await take("factor-choose");
  await due(page, address);
  await take("register");
  await kind(page, "Phone");
  await contact(page, "Phone number", "+1 900 5551234");
  await page.locator("#contact-sms-error:visible").waitFor();
  await take("register-blocked");
  const number = newNumber();
  await contact(page, "Phone number", number);
  await step(page, "confirm-step");
  await take("register-code");
  await page.getByRole("button", { name: "Choose something else" }).click();
  await kind(page, "App");
  await take("register-app");
  await page.getByRole("button", { name: "Set up the app" }).click();
  await step(page, "authenticator-step");
  await take("authenticator");
  await page.getByRole("button", { name: "Choose something else" }).click();
  const uri = await setUp(page);
  await take("recovery");
  await keep(page);
  await step(page, "home");
  await page.locator("#method-list li").first().waitFor();
  await take("methods");
  await signOut(page);
  await first(page, address, withFactor);
  await step(page, "confirm-step");
  await take("confirm-app");
  await page.getByRole("button", { name: "Confirm another way" }).click();
  await step(page, "factor-step");
  await take("factor");
  await page.getByRole("button", { name: "Recovery code" }).click();
  await step(page, "confirm-step");
  await confirm(page, "abcd-efgh-jkmn-pqrs");
  await page.locator("#confirm-error:visible").waitFor();
  await take("confirm-recovery");
  await page.getByRole("button", { name: "Confirm another way" }).click();
  await page.getByRole("button", { name: "Authenticator app" }).click();
  await confirm(page, shown(uri, 1));
  await step(page, "home");
  await page.getByRole("button", { name: "Remove Recovery codes" }).click();
  await take("methods-remove");
  await page.getByRole("button", { name: "Add an authenticator app" }).click();
  await step(page, "own-app");
  await take("methods-app");

  await page.evaluate(() => sessionStorage.clear());
  const other = newAddress();
  await page.goto(base);
  await signUpWithPassword(page, other, good, withFactor);
  await page.getByRole("button", { name: "Add an authenticator app" }).click();
  await page.getByRole("button", { name: "Sign in again" }).waitFor();
  await take("methods-step-up");
}
