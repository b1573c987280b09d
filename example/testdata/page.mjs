// Drives the page in a real browser and prints one JSON line a check: { name, failure, trouble }.
//
// usage: node page.mjs CHROMIUM BASE SLOW [FOLDER]
//
// CHROMIUM is the program, BASE the app, SLOW the app with a wait between two codes. With a FOLDER
// it takes pictures to look at, and checks nothing else. The environment variable ONLY picks the checks
// whose names hold a text; SERVER_SECRET is the secret of the client that is a server.

import assert from "node:assert/strict";
import path from "node:path";
import { launch } from "../../internal/clienttest/browser.mjs";
import * as account from "./account.mjs";
import * as factors from "./factors.mjs";
import * as flows from "./flows.mjs";
import {
  askForCode, base, better, choose, choosePassword, chromium, codes, desk, fillProfile, focused, folder, giveAddress, giveCode, givePassword,
  good, nameless, newAddress, phone, quick, register, selected, signUp, signUpWithPassword, slow, step, withBoth, withPassword, withProfile, wrongCode,
} from "./hands.mjs";

const checks = {
  async "a wrong code can be typed over, a new one can be had, and only the new one works"(page) {
    const address = newAddress();
    await page.goto(base);
    await askForCode(page, address);
    assert.equal(await focused(page), "code");
    assert.match(await page.locator("#code-step").innerText(), new RegExp(address));
    const [first] = await codes(address);
    await giveCode(page, wrongCode(first));
    await page.getByText("That code isn’t right").waitFor();
    assert.equal(await focused(page), "code");
    assert.match(await selected(page), /^\d{4} \d{4}$/, "the wrong code is selected");
    assert.equal(await page.locator("#code").getAttribute("aria-invalid"), "true");

    await page.getByRole("button", { name: "Send another code" }).click();
    await page.getByText("A new code is on its way").waitFor();
    const [second] = await codes(address, 2);
    assert.equal(await focused(page), "code");
    if (second !== first) {
      await giveCode(page, first);
      await page.getByText("That code isn’t right").waitFor();
    }
    await giveCode(page, second);
    await step(page, "home");
    assert.equal(await focused(page), "greeting");
  },

  async "a code pasted with a blank in it works"(page, context) {
    const address = newAddress();
    await page.goto(base);
    await askForCode(page, address);
    const [code] = await codes(address);
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.evaluate((text) => navigator.clipboard.writeText(text), ` ${code.slice(0, 4)} ${code.slice(4)}\n`);
    await page.keyboard.press("Control+V");
    assert.equal(await page.locator("#code").inputValue(), `${code.slice(0, 4)} ${code.slice(4)}`);
    await page.keyboard.press("Enter");
    await step(page, "home");
  },

  async "digits can be mended in the middle of a code"(page) {
    await page.goto(base);
    await askForCode(page, newAddress());
    await page.keyboard.type("12346789");
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Backspace"); // the blank comes back by itself
    await page.keyboard.press("Backspace");
    await page.keyboard.type("45");
    assert.equal(await page.locator("#code").inputValue(), "1234 5678", "a digit too many falls off the end");
  },

  async "a session shows its claims, calls the API, refreshes, outlives a reload and ends"(page) {
    const address = newAddress();
    await signUp(page, address);
    await step(page, "home");
    assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), `Hello, ${address.split("@")[0]}`);
    const claims = page.getByRole("table");
    for (const text of [address, "preferred_username", "11111111-1111-4111-8111-111111111111", "Good until"]) {
      assert.ok((await claims.innerText()).includes(text), `the claims show ${text}`);
    }
    assert.match(await page.getByRole("timer").innerText(), /^1[45]:\d\d left$/);

    await page.getByRole("button", { name: "Call /api/me" }).click();
    await page.locator("#answer pre").waitFor();
    const user = JSON.parse(await page.locator("#answer pre").innerText());
    assert.equal(user.username, address);
    assert.ok(user.scopes.includes("profile"));

    const before = await page.evaluate(() => sessionStorage.getItem("contoso.session"));
    await page.getByRole("button", { name: "Refresh the token" }).click();
    await page.getByText("New tokens are in.").first().waitFor();
    const after = await page.evaluate(() => sessionStorage.getItem("contoso.session"));
    assert.notEqual(JSON.parse(after).tokens.refresh_token, JSON.parse(before).tokens.refresh_token);

    await page.reload();
    await step(page, "home");
    assert.ok((await page.locator("#who").innerText()).includes(address));

    await page.getByRole("button", { name: "Sign out" }).click();
    await step(page, "gate");
    assert.equal(await page.evaluate(() => sessionStorage.getItem("contoso.session")), null);
    assert.equal(await focused(page), "address");

    await askForCode(page, address);
    await giveCode(page, (await codes(address, 2))[0]);
    await step(page, "home");
  },

  async "a profile is asked for, judged and kept"(page) {
    const address = newAddress();
    await signUp(page, address, withProfile);
    await step(page, "profile-step");
    assert.equal(await focused(page), "attribute-displayName");

    await page.getByRole("button", { name: "Finish" }).click();
    assert.equal(await page.locator("#profile-step .error:visible").count(), 3, "name, city and terms are required");
    assert.equal(await focused(page), "attribute-displayName");

    await fillProfile(page, "L0nd0n");
    await page.getByLabel("Swimming").check();
    await page.getByLabel("Dancing").check();
    await page.getByRole("button", { name: "Finish" }).click();
    await page.locator("#attribute-city-error").filter({ hasText: "format" }).waitFor();
    assert.equal(await page.locator("#profile-step .error:visible").count(), 1);
    assert.equal(await focused(page), "attribute-city");

    await page.getByLabel("City").fill("London");
    await page.keyboard.press("Enter");
    await step(page, "home");
    assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), "Hello, Ada Lovelace");
    await page.getByRole("button", { name: "Call /api/me" }).click();
    await page.locator("#answer pre").waitFor();
    assert.deepEqual(JSON.parse(await page.locator("#answer pre").innerText()).attributes, {
      displayName: "Ada Lovelace",
      city: "London",
      extension_2588abcdwhtfeehjjeeqwertc_terms: "true",
      extension_2588abcdwhtfeehjjeeqwertc_hobbies: "Dancing,Swimming",
    });
  },

  async "the keyboard alone is enough"(page) {
    const address = newAddress();
    await page.goto(base);
    const tabTo = async (matches) => {
      for (let i = 0; i < 20; i++) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate(() => {
          const e = document.activeElement;
          const drawn = e.type === "radio" ? e.nextElementSibling : e;
          return { id: e.id, value: e.value, text: e.innerText, outline: getComputedStyle(drawn).outlineStyle };
        });
        assert.notEqual(at.outline, "none", `focus shows on ${at.id || at.text}`);
        if (matches(at)) return;
      }
      assert.fail("tabbing does not get there");
    };
    await tabTo((at) => at.value === "code");
    await page.keyboard.press("ArrowRight");
    await page.getByText("A password of yours").waitFor();
    await page.keyboard.press("ArrowLeft");
    await tabTo((at) => at.id === "address");
    await page.keyboard.type(address);
    await tabTo((at) => at.id === "beside");
    await page.keyboard.press("ArrowDown");
    await tabTo((at) => at.id === "address-go");
    await page.keyboard.press("Enter");
    await step(page, "code-step");
    await page.keyboard.type((await codes(address))[0]);
    await tabTo((at) => at.text === "Continue");
    await page.keyboard.press("Enter");
    await step(page, "profile-step");
    await page.keyboard.type("Ada");
    await page.keyboard.press("Tab");
    await page.keyboard.type("London");
    await tabTo((at) => at.value === "Traveling");
    await page.keyboard.press("Space");
    await tabTo((at) => at.id.endsWith("terms"));
    await page.keyboard.press("Space");
    await tabTo((at) => at.text === "Finish");
    await page.keyboard.press("Enter");
    await step(page, "home");
    await tabTo((at) => at.id === "me");
    await page.keyboard.press("Enter");
    await page.locator("#answer pre").waitFor();
    assert.equal(await focused(page), "me", "an answer does not take the focus away");
    await tabTo((at) => at.id === "sign-out");
    await page.keyboard.press("Space");
    await step(page, "gate");
  },

  async "who has an account is led to sign-in, and who has none to sign-up, with the address kept"(page) {
    const address = newAddress();
    await page.goto(base);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("textbox", { name: "Email address" }).fill(address);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Create an account for it" }).click();
    await step(page, "code-step");
    await giveCode(page, (await codes(address))[0]);
    await step(page, "home");
    await page.getByRole("button", { name: "Sign out" }).click();

    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByRole("textbox", { name: "Email address" }).fill(address);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Sign in with this address" }).waitFor();
    await page.keyboard.press("Enter"); // the offer has the focus
    await step(page, "code-step");
    await giveCode(page, (await codes(address, 2))[0]);
    await step(page, "home");
  },

  async "a flow outlives a reload, and another address can be had"(page) {
    const address = newAddress();
    await page.goto(base);
    await askForCode(page, address, withProfile);
    await page.reload();
    await step(page, "code-step");
    assert.match(await page.locator("#code-step").innerText(), new RegExp(address));
    assert.equal(await page.locator("#to-inbox").getAttribute("target"), "_blank");
    assert.ok((await page.locator("#to-inbox").getAttribute("href")).endsWith(`?to=${encodeURIComponent(address)}`));
    await page.getByRole("button", { name: "Use another address" }).click();
    await step(page, "address-step");
    assert.equal(await page.getByRole("textbox", { name: "Email address" }).inputValue(), address);
    assert.equal(await selected(page), address, "it can be typed over");
    assert.equal(await page.getByLabel("And ask for").inputValue(), "profile");
  },

  async "what is not an address is said so at the field"(page) {
    await page.goto(base);
    for (const text of ["", "nobody", "a@b"]) {
      await page.getByRole("textbox", { name: "Email address" }).fill(text);
      await page.keyboard.press("Enter");
      await page.locator("#address-error:visible").waitFor();
      assert.equal(await focused(page), "address");
    }
  },

  async "trouble is put in words, and the step stays where it was"(page) {
    await page.goto(base);
    const start = "**/signup/v1.0/start";
    const envelope = { error: "temporarily_unavailable", error_codes: [90055], error_description: "AADSTS90055: x", correlation_id: "c" };
    const cases = [
      [(route) => route.abort(), "doesn’t answer"],
      [(route) => route.fulfill({ status: 429, headers: { "Retry-After": "40" }, json: envelope }), "Wait 40 seconds"],
      [(route) => route.fulfill({ status: 429, headers: { "Retry-After": "300" }, json: envelope }), "Wait 5 minutes"],
      [(route) => route.fulfill({ status: 503, json: envelope }), "busy right now"],
      [(route) => route.fulfill({ status: 500, json: { ...envelope, correlation_id: "4711" } }), "quote 4711"],
      [(route) => route.fulfill({ status: 502, body: "<b>Bad gateway</b>" }), "went wrong on the server"],
      [(route) => route.fulfill({ status: 200, json: { challenge_type: "redirect" } }), "a way of signing in"],
      [(route) => route.fulfill({ status: 400, json: { error: "invalid_request", error_codes: [1], error_description: "AADSTS1: <b>Bold</b> words.\r\nTrace ID: 7" } }), "<b>Bold</b> words."],
    ];
    for (const [answer, words] of cases) {
      await page.route(start, answer);
      await page.getByRole("textbox", { name: "Email address" }).fill(newAddress());
      await page.keyboard.press("Enter");
      await page.locator("#notice").filter({ hasText: words }).waitFor();
      assert.equal(await page.locator("#notice b").count(), 0);
      await page.unroute(start);
    }
    await page.keyboard.press("Enter");
    await step(page, "code-step");
  },

  async "a flow that has ended starts over with the address kept"(page) {
    const address = newAddress();
    await page.goto(base);
    await askForCode(page, address);
    await page.route("**/signup/v1.0/continue", (route) =>
      route.fulfill({ status: 400, json: { error: "expired_token", error_codes: [552003], error_description: "AADSTS552003: x" } }));
    await giveCode(page, "12345678");
    await step(page, "address-step");
    await page.locator("#notice").filter({ hasText: "Start again" }).waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Email address" }).inputValue(), address);
  },

  async "an account whose first session fails is there to sign in to"(page) {
    const address = newAddress();
    await page.route("**/oauth2/v2.0/token", (route) => route.abort());
    await signUp(page, address);
    await page.locator("#notice").filter({ hasText: "Your account is ready" }).waitFor();
    await page.unroute("**/oauth2/v2.0/token");
    await page.keyboard.press("Enter");
    await step(page, "code-step");
    await giveCode(page, (await codes(address, 2))[0]);
    await step(page, "home");
  },

  async "a session that the server has ended leads back to sign-in"(page) {
    await signUp(page, newAddress());
    await step(page, "home");
    await page.evaluate(() => {
      const session = JSON.parse(sessionStorage.getItem("contoso.session"));
      session.tokens.access_token += "x";
      session.tokens.refresh_token += "x";
      sessionStorage.setItem("contoso.session", JSON.stringify(session));
    });
    await page.getByRole("button", { name: "Call /api/me" }).click();
    await page.locator("#home-notice").filter({ hasText: "Refresh it" }).waitFor();
    await page.getByRole("button", { name: "Refresh the token" }).click();
    await page.locator("#notice").filter({ hasText: "Your session is over" }).waitFor();
    await step(page, "gate");
  },

  async "a password is chosen with the address, and signs in from then on"(page) {
    const address = newAddress();
    await signUpWithPassword(page, address);
    assert.ok((await page.getByRole("table").innerText()).includes("22222222-2222-4222-8222-222222222222"));
    assert.equal(await page.locator("#new-password").inputValue(), "", "it is not left in the page");
    const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
    assert.ok(!kept.includes(good), "nor in its storage");
    await page.getByRole("button", { name: "Sign out" }).click();

    assert.ok(await page.getByRole("radio", { name: "A password" }).isChecked());
    await page.getByRole("textbox", { name: "Email address" }).fill(address);
    await page.keyboard.press("Enter");
    await step(page, "password-step");
    assert.equal(await focused(page), "password");
    assert.equal(await page.locator("#password-user").inputValue(), address);
    await givePassword(page, good);
    await step(page, "home");
    assert.match(await page.getByRole("row", { name: /^amr/ }).innerText(), /pwd/);
  },

  async "a wrong password can be typed over, also after a reload"(page) {
    const address = newAddress();
    await register(page, address);
    await giveAddress(page, address, withPassword);
    await step(page, "password-step");
    await page.keyboard.press("Enter");
    await page.getByText("Please type your password").waitFor();
    for (const reload of [false, true]) {
      if (reload) await page.reload();
      await step(page, "password-step");
      await givePassword(page, "harbor quilt");
      await page.locator("#password-error").filter({ hasText: "isn’t right" }).waitFor();
      assert.equal(await focused(page), "password");
      assert.equal((await selected(page)).length, "harbor quilt".length, "it is selected");
      assert.equal(await page.locator("#password").getAttribute("aria-invalid"), "true");
    }
    await page.locator("#password").fill("h");
    await page.locator("#password-error").waitFor({ state: "hidden" }); // another one is being typed
    await givePassword(page, good);
    await step(page, "home");
  },

  async "a password can be shown and pasted, and is hidden again when it is sent"(page, context) {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const address = newAddress();
    await register(page, address);
    await giveAddress(page, address, withPassword);
    await step(page, "password-step");
    await page.evaluate((text) => navigator.clipboard.writeText(text), "not the one");
    await page.keyboard.press("Control+V");
    const field = page.locator("#password");
    const show = page.locator("#password-step").getByRole("button", { name: "Show password" });
    assert.equal(await field.inputValue(), "not the one");
    assert.equal(await show.getAttribute("aria-pressed"), "false");
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), "password-show");
    await page.keyboard.press("Space");
    assert.deepEqual([await field.getAttribute("type"), await show.getAttribute("aria-pressed")], ["text", "true"]);
    assert.equal(await field.inputValue(), "not the one");
    await show.click();
    assert.equal(await field.getAttribute("type"), "password");
    await show.click();
    await field.press("Enter");
    await page.locator("#password-error:visible").waitFor();
    assert.deepEqual([await field.getAttribute("type"), await show.getAttribute("aria-pressed")], ["password", "false"]);
  },

  async "the rules for a password are told before it is refused, and again after"(page) {
    const address = `lovelace.${newAddress()}`;
    await page.goto(base);
    await choose(page, withPassword);
    await page.getByRole("textbox", { name: "Email address" }).fill(address);
    const field = page.getByLabel("Choose a password");
    const rules = page.locator("#new-password-rules");
    assert.match(await rules.innerText(), /At least 8 characters\n.*name or address\n.*easily guessed/s);
    assert.ok((await field.getAttribute("aria-describedby")).includes("new-password-rules"));

    await field.fill("harbor");
    assert.match(await rules.innerText(), /At least 8 characters: 2 more/);
    await page.locator("#status").filter({ hasText: "2 more to go." }).waitFor({ state: "attached" });
    await field.fill("Lovelace1");
    assert.equal(await rules.locator(".broken").count(), 1, "made of the address");
    assert.match(await rules.locator(".kept").innerText(), /At least 8/);
    await page.locator("#status").filter({ hasText: "made of your address" }).waitFor({ state: "attached" });
    await field.fill("a lovelace of harbors");
    assert.equal(await rules.locator(".broken").count(), 0, "a name in a longer text is fine");

    const refused = {
      "": "Please choose a password",
      harbor: "at least 8 characters",
      "Lovelace1": "made of your name or address",
      "Dragon2024": "easily guessed",
      ["harbor quilt ".repeat(20)]: "At most 256",
      "          ": "it’s blank",
    };
    for (const [password, words] of Object.entries(refused)) {
      await field.fill(password);
      await field.press("Enter");
      await page.locator("#new-password-error").filter({ hasText: words }).waitFor();
      assert.equal(await focused(page), "new-password");
      assert.equal(await field.inputValue(), password, "it can be mended");
    }
    for (const [suberror, words] of [["password_too_weak", "too plain"], ["password_recently_used", "already"]]) {
      const json = { error: "invalid_grant", suberror, error_codes: [399246], error_description: "AADSTS399246: x" };
      await page.route("**/signup/v1.0/start", (route) => route.fulfill({ status: 400, json }));
      await field.press("Enter");
      await page.locator("#new-password-error").filter({ hasText: words }).waitFor();
      await page.unroute("**/signup/v1.0/start");
    }
    await field.fill("Dragon2024");
    await field.press("Enter");
    await rules.locator(".broken").filter({ hasText: "guessed" }).waitFor();
    await field.fill(good);
    await rules.locator(".broken").waitFor({ state: "detached" });
    await field.press("Enter");
    await step(page, "code-step");
    await giveCode(page, (await codes(address))[0]);
    await step(page, "home");
  },

  async "a password that the server asks for late is taken, and then the profile"(page) {
    const address = newAddress();
    await page.goto(base);
    await page.route("**/signup/v1.0/start", (route) => {
      const form = new URLSearchParams(route.request().postData());
      form.delete("password");
      return route.continue({ postData: form.toString() });
    });
    await choosePassword(page, address, good, withBoth);
    await step(page, "code-step");
    await giveCode(page, (await codes(address))[0]);
    await step(page, "choose-step");
    assert.equal(await focused(page), "chosen");
    assert.equal(await page.locator("#chosen-user").inputValue(), address);
    const field = page.getByRole("textbox", { name: "Password", exact: true });
    await field.fill("harbor");
    await field.press("Enter");
    await page.locator("#chosen-error").filter({ hasText: "at least 8" }).waitFor();
    await field.fill(good);
    await field.press("Enter");
    await step(page, "profile-step");
    await fillProfile(page, "London");
    await page.getByRole("button", { name: "Finish" }).click();
    await step(page, "home");
    await page.getByRole("button", { name: "Sign out" }).click();
    await giveAddress(page, address, withBoth);
    await step(page, "password-step");
    await givePassword(page, good);
    await step(page, "home");
  },

  async "a code will do instead of the password, and the way back is open"(page) {
    const address = newAddress();
    await register(page, address);
    await giveAddress(page, address, withPassword);
    await step(page, "password-step");
    await page.getByRole("button", { name: "Use a code instead" }).click();
    await step(page, "code-step");
    await page.getByRole("button", { name: "Use the password instead" }).click();
    await step(page, "password-step");
    await page.getByRole("button", { name: "Use a code instead" }).click();
    await step(page, "code-step");
    await page.getByRole("button", { name: "Send another code" }).click();
    await page.getByText("A new code is on its way").waitFor();
    await giveCode(page, (await codes(address, 4))[0]);
    await step(page, "home");
    assert.match(await page.getByRole("row", { name: /^amr/ }).innerText(), /otp/);
  },

  async "an account without a password gets a code, and one with a password can do with codes alone"(page) {
    const address = newAddress();
    await signUp(page, address);
    await step(page, "home");
    await page.getByRole("button", { name: "Sign out" }).click();
    await giveAddress(page, address, withPassword);
    await step(page, "code-step");
    assert.ok(!(await page.getByText("Use the password instead").isVisible()), "there is none");
    await page.getByRole("button", { name: "Use another address" }).click();

    await page.evaluate(() => sessionStorage.clear()); // somebody else
    const other = newAddress();
    await register(page, other);
    await giveAddress(page, other, quick);
    await step(page, "code-step");
    await giveCode(page, (await codes(other, 2))[0]);
    await step(page, "home");
  },

  async "a forgotten password is reset, which the owner is told, and the new one signs in"(page) {
    const address = newAddress();
    await register(page, address);
    await giveAddress(page, address, withPassword);
    await step(page, "password-step");
    await page.getByRole("button", { name: "Forgot the password?" }).click();
    await step(page, "code-step");
    assert.match(await page.locator("#code-step").innerText(), /choose a new password/);
    const [code] = await codes(address, 2);
    await giveCode(page, wrongCode(code));
    await page.getByText("That code isn’t right").waitFor();
    await page.getByRole("button", { name: "Send another code" }).click();
    await page.getByText("A new code is on its way").waitFor();
    await giveCode(page, (await codes(address, 3))[0]);

    await step(page, "choose-step");
    await page.reload();
    await step(page, "choose-step");
    const field = page.getByRole("textbox", { name: "New password" });
    for (const [password, words] of [["short", "at least 8"], [good, "your password already"]]) {
      await field.fill(password);
      await field.press("Enter");
      await page.locator("#chosen-error").filter({ hasText: words }).waitFor();
      assert.equal(await focused(page), "chosen");
    }
    await field.fill(better);
    await field.press("Enter");
    await step(page, "home");
    await page.getByText("Your new password is set.").waitFor();

    await codes(address, 4);
    const [notice] = await (await fetch(`${base}/dev/inbox?format=json&to=${address}`)).json();
    assert.equal(notice.purpose, "password-changed");
    await page.goto(`${base}/dev/inbox?to=${address}`);
    await page.getByRole("heading", { name: "Your Contoso password was changed" }).waitFor();

    await page.goto(base);
    await page.getByRole("button", { name: "Sign out" }).click();
    await giveAddress(page, address, withPassword);
    await step(page, "password-step");
    await givePassword(page, good);
    await page.locator("#password-error:visible").waitFor();
    await givePassword(page, better);
    await step(page, "home");
  },

  async "a reset can be left, and where there is nothing to reset that is said"(page) {
    const address = newAddress();
    await register(page, address);
    await giveAddress(page, address, withPassword);
    await page.getByRole("button", { name: "Forgot the password?" }).click();
    await step(page, "code-step");
    await page.getByRole("button", { name: "Back to sign-in" }).click();
    await step(page, "address-step");
    assert.equal(await page.getByRole("textbox", { name: "Email address" }).inputValue(), address);
    await page.keyboard.press("Enter");
    await step(page, "password-step");
    const json = { error: "invalid_request", error_codes: [500222], error_description: "AADSTS500222: x" };
    await page.route("**/resetpassword/v1.0/start", (route) => route.fulfill({ status: 400, json }));
    await page.getByRole("button", { name: "Forgot the password?" }).click();
    await page.locator("#notice").filter({ hasText: "no password to reset" }).waitFor();
    await givePassword(page, good);
    await step(page, "home");
  },

  async "a password that must be replaced leads to the reset"(page) {
    const address = newAddress();
    await register(page, address);
    await giveAddress(page, address, withPassword);
    await step(page, "password-step");
    const json = { error: "invalid_request", error_codes: [50142], error_description: "AADSTS50142: x" };
    await page.route("**/oauth2/v2.0/token", (route) => route.fulfill({ status: 400, json }));
    await givePassword(page, good);
    await page.getByRole("button", { name: "Reset the password" }).waitFor();
    await page.keyboard.press("Enter"); // the offer has the focus
    await step(page, "code-step");
    await page.unroute("**/oauth2/v2.0/token");
    await giveCode(page, (await codes(address, 2))[0]);
    await step(page, "choose-step");
  },

  async "who has an account is led to its password, and who has none is asked to choose one"(page) {
    const address = newAddress();
    await page.goto(base);
    await page.getByRole("button", { name: "Sign in" }).click();
    await giveAddress(page, address, withPassword);
    await page.getByRole("button", { name: "Create an account for it" }).click();
    assert.equal(await focused(page), "new-password");
    await page.keyboard.type(good);
    await page.keyboard.press("Enter");
    await step(page, "code-step");
    await giveCode(page, (await codes(address))[0]);
    await step(page, "home");
    await page.getByRole("button", { name: "Sign out" }).click();

    await page.getByRole("button", { name: "Create an account" }).click();
    await choosePassword(page, address, better);
    await page.getByRole("button", { name: "Sign in with this address" }).click();
    await step(page, "password-step");
    assert.equal(await page.locator("#password").inputValue(), "", "what was chosen is not tried");
    await givePassword(page, good);
    await step(page, "home");
  },

  async "a password manager finds its way"(page) {
    const address = newAddress();
    const fields = (form) => page.locator(`#${form} input:visible:enabled`).evaluateAll((all) =>
      all.filter((e) => e.autocomplete).map((e) => `${e.type} ${e.name} ${e.autocomplete}`));
    await page.goto(base);
    await choose(page, withPassword);
    assert.deepEqual(await fields("address-step"), ["email username username", "password password new-password"]);
    await choose(page, quick);
    assert.ok(await page.locator("#new-password").isDisabled());
    assert.deepEqual(await fields("address-step"), ["email username username"]);
    await choosePassword(page, address, good);
    await step(page, "code-step");
    assert.deepEqual(await fields("code-step"), ["text oob one-time-code"]);
    await giveCode(page, (await codes(address))[0]);
    await step(page, "home");
    await page.getByRole("button", { name: "Sign out" }).click();
    await giveAddress(page, address, withPassword);
    await step(page, "password-step");
    assert.deepEqual(await fields("password-step"), ["email username username", "password password current-password"]);
    await page.getByRole("button", { name: "Forgot the password?" }).click();
    await step(page, "code-step");
    await giveCode(page, (await codes(address, 2))[0]);
    await step(page, "choose-step");
    assert.deepEqual(await fields("choose-step"), ["email username username", "password password new-password"]);
    assert.equal(await page.locator("input[data-secret]").evaluateAll((all) => all.filter((e) => e.form && e.form.querySelector("[type=submit]")).length), 3);
  },

  async "the wait for another code is counted down"(page) {
    await page.goto(slow);
    await askForCode(page, newAddress());
    const resend = page.locator("#resend");
    assert.match(await resend.innerText(), /^Send another code in 0:0[1-5]$/);
    assert.equal(await resend.getAttribute("aria-disabled"), "true");
    await page.locator("#resend[aria-disabled=false]").waitFor();
    await resend.click();
    await page.getByText("A new code is on its way").waitFor();
  },

  async "nothing sticks out of a narrow screen, everything has a name, and no tab order is forced"(page) {
    await page.setViewportSize({ width: 320, height: 640 }); // WCAG 2.2 §1.4.10
    const fits = async (where) => {
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, `${where} fits`);
      assert.equal(await page.locator("[tabindex]:not([tabindex='-1']):not([tabindex='0'])").count(), 0);
      assert.deepEqual(await nameless(page), [], `names on ${where}`);
    };
    const address = `a.rather.long.name.that.does.not.end.${newAddress()}`;
    await page.goto(base);
    await fits("the address step");
    await askForCode(page, address, withProfile);
    await fits("the code step");
    await giveCode(page, (await codes(address))[0]);
    await step(page, "profile-step");
    await fits("the profile step");
    await fillProfile(page, "London");
    await page.getByRole("button", { name: "Finish" }).click();
    await step(page, "home");
    await page.getByRole("button", { name: "Call /api/me" }).click();
    await page.locator("#answer pre").waitFor();
    await fits("the session");

    const other = `a.rather.long.name.that.does.not.end.${newAddress()}`;
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Create an account" }).click();
    await choosePassword(page, other, "short");
    await page.locator("#new-password-error:visible").waitFor();
    await fits("the choice of a password");
    await choosePassword(page, other, good);
    await step(page, "code-step");
    await giveCode(page, (await codes(other))[0]);
    await step(page, "home");
    await page.getByRole("button", { name: "Sign out" }).click();
    await giveAddress(page, other, withPassword);
    await step(page, "password-step");
    await givePassword(page, "wrong");
    await page.locator("#password-error:visible").waitFor();
    await fits("the password step");
    await page.getByRole("button", { name: "Forgot the password?" }).click();
    await step(page, "code-step");
    await fits("the code of a reset");
    await giveCode(page, (await codes(other, 2))[0]);
    await step(page, "choose-step");
    await fits("the new password");
  },
};

// pictures walks through the page and takes a picture of each step.
function pictures(form, scheme, viewport) {
  return async (page) => {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    let n = 0;
    const take = (what) => page.screenshot({ path: path.join(folder, `${form}-${scheme}-${++n}-${what}.png`), fullPage: true });
    const address = newAddress();
    await page.goto(base);
    await take("address");
    await askForCode(page, address, withProfile);
    await take("code");
    const [code] = await codes(address);
    await giveCode(page, wrongCode(code));
    await page.locator("#code-error:visible").waitFor();
    await take("wrong-code");
    await giveCode(page, code);
    await step(page, "profile-step");
    await take("profile");
    await fillProfile(page, "L0nd0n");
    await page.getByRole("button", { name: "Finish" }).click();
    await page.locator("#attribute-city-error:visible").waitFor();
    await take("rejected");
    await page.getByLabel("City").fill("London");
    await page.getByRole("button", { name: "Finish" }).click();
    await step(page, "home");
    await take("session");
    await page.getByRole("button", { name: "Call /api/me" }).click();
    await page.locator("#answer pre").waitFor();
    await take("api-me");
    await page.getByRole("button", { name: "Sign out" }).click();
    await take("signed-out");
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByRole("textbox", { name: "Email address" }).fill(address);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Sign in with this address" }).waitFor();
    await take("exists");

    const other = newAddress();
    await page.goto(base);
    await choose(page, withPassword);
    await page.getByRole("textbox", { name: "Email address" }).fill(other);
    await take("choose");
    await page.getByLabel("Choose a password").fill("harbor");
    await take("choose-typing");
    await page.getByLabel("Choose a password").fill("Dragon2024");
    await page.keyboard.press("Enter");
    await page.locator("#new-password-error:visible").waitFor();
    await take("choose-refused");
    await choosePassword(page, other, good);
    await step(page, "code-step");
    await take("choose-code");
    await giveCode(page, (await codes(other))[0]);
    await step(page, "home");
    await page.getByRole("button", { name: "Sign out" }).click();
    await take("sign-in");
    await giveAddress(page, other, withPassword);
    await step(page, "password-step");
    await take("password");
    await page.locator("#password").fill("harbor");
    await page.locator("#password-show").click();
    await take("password-shown");
    await page.locator("#password").press("Enter");
    await page.locator("#password-error:visible").waitFor();
    await take("password-wrong");
    await page.getByRole("button", { name: "Use a code instead" }).click();
    await step(page, "code-step");
    await take("code-instead");
    await page.getByRole("button", { name: "Use the password instead" }).click();
    await page.getByRole("button", { name: "Forgot the password?" }).click();
    await step(page, "code-step");
    await page.locator("#sent-for").filter({ hasText: "new password" }).waitFor();
    await take("reset-code");
    await giveCode(page, (await codes(other, 3))[0]);
    await step(page, "choose-step");
    await page.locator("#chosen").fill(good);
    await page.keyboard.press("Enter");
    await page.locator("#chosen-error:visible").waitFor();
    await take("reset-refused");
    await page.locator("#chosen").fill(better);
    await take("reset-typed");
    await page.keyboard.press("Enter");
    await step(page, "home");
    await take("reset-done");
    await factors.pictures(page, take);
    await account.pictures(page, take);
    await flows.pictures(page, take);
  };
}

const walks = Object.fromEntries(
  Object.entries({ phone, desk }).flatMap(([form, viewport]) =>
    ["light", "dark"].map((scheme) => [`pictures: ${form}, ${scheme}`, pictures(form, scheme, viewport)])),
);

const browser = await launch(chromium);
for (const [name, check] of Object.entries(folder ? walks : { ...checks, ...factors.checks, ...account.checks, ...flows.checks })) {
  if (!name.includes(process.env.ONLY ?? "")) continue;
  const context = await browser.newContext({ viewport: desk, locale: "en-GB" });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const trouble = [];
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("console", (message) => {
    // The browser reports every refusal of the API and every cut, which the checks provoke, as an error of its own.
    const refusal = /^Failed to load resource: /.test(message.text()) && /\/v|\/account$|\/events\?/.test(message.location().url);
    const me = message.location().url.includes("/api/");
    if (["error", "warning"].includes(message.type()) && !refusal && !me) trouble.push(message.text());
  });
  let failure = "";
  try {
    await check(page, context);
  } catch (error) {
    failure = error.stack;
  }
  console.log(JSON.stringify({ name, failure, trouble }));
  await context.close();
}
await browser.close();
