// The page where people type the code of a device, in a browser that runs no scripts: what it does, and
// whether everybody can use it. Each scenario prints one line.

import assert from "node:assert/strict";
import path from "node:path";
import { launch } from "./browser.mjs";

const [chromium, issuer, foreign, folder] = process.argv.slice(2);
const page = `${issuer}/device`;
const password = "harbor quilt lantern";
const phone = { width: 360, height: 780 };
const desk = { width: 1280, height: 800 };
const narrow = { width: 320, height: 640 }; // also what a page of 640 has at 200 % (WCAG 2.2 §1.4.10)

const post = async (path, values) => (await fetch(issuer + path, { method: "POST", body: new URLSearchParams(values) })).json();
const device = (client = "tv") => post("/oauth2/v2.0/devicecode", { client_id: client, scope: "openid Orders.Read offline_access" });
const poll = (d, client = "tv") =>
  post("/oauth2/v2.0/token", { client_id: client, grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: d.device_code });
const wrong = (code) => code.slice(0, -1) + (code.endsWith("B") ? "C" : "B");

async function signIn(tab, who = "casey") {
  await tab.goto(page);
  assert.equal(new URL(tab.url()).pathname, "/sign-in");
  await tab.getByLabel("Email").fill(`${who}@contoso.com`);
  await tab.getByLabel("Password").fill(password);
  await tab.getByRole("button", { name: "Sign in" }).click();
  assert.equal(tab.url(), page, "it leads back");
}

const heading = (tab) => tab.getByRole("heading", { level: 1 }).innerText();
const field = (tab) => tab.getByRole("textbox", { name: "Code on your device" });
const focused = (tab) => tab.evaluate(() => document.activeElement.id || document.activeElement.innerText);

async function type(tab, code) {
  await field(tab).fill(code);
  const loaded = tab.waitForEvent("load");
  await tab.keyboard.press("Enter");
  await loaded;
}

// flaws lists what keeps people out: names, roles, references, sizes, contrast. It runs beside the page's
// policy, which lets in no script.
function flaws() {
  const list = [];
  const must = (ok, what) => { if (!ok) list.push(what); };
  const all = (selector) => [...document.querySelectorAll(selector)];
  must(document.documentElement.lang === "en", "no language");
  must(document.title.trim() !== "", "no title");
  for (const one of ["main", "h1", "header"]) must(all(one).length === 1, `${all(one).length} of ${one}`);
  must(document.querySelector("h1").textContent.length > 3, "an empty heading");
  must(!/user-scalable|maximum-scale/.test(document.querySelector("meta[name=viewport]").content), "zooming is forbidden");
  const ids = all("[id]").map((e) => e.id);
  must(new Set(ids).size === ids.length, "an id twice");
  for (const e of all("[aria-describedby], [aria-labelledby]")) {
    for (const id of `${e.getAttribute("aria-describedby") ?? ""} ${e.getAttribute("aria-labelledby") ?? ""}`.split(" ").filter(Boolean)) {
      must(document.getElementById(id)?.textContent.trim(), `nothing has the id ${id}`);
    }
  }
  for (const e of all("input:not([type=hidden])")) {
    must(e.labels?.length === 1 && e.labels[0].textContent.trim(), `a field without a label: ${e.name}`);
    must(parseFloat(getComputedStyle(e).fontSize) >= 16, "a field that phones zoom into");
  }
  for (const e of all("a, button")) must(e.textContent.trim(), "a control without a name");
  for (const e of all("button, input:not([type=hidden])")) {
    const box = e.getBoundingClientRect();
    must(box.height >= 44 && box.width >= 44, `${e.textContent || e.name} is ${box.width}x${box.height}`);
  }
  must(all("[tabindex]").every((e) => e.tabIndex <= 0), "a tab order by force");
  must(document.documentElement.scrollWidth <= innerWidth, `${document.documentElement.scrollWidth} wide`);

  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = channels(getComputedStyle(e).backgroundColor);
      if ((c[3] ?? 1) > 0) return c;
    }
    return [255, 255, 255];
  };
  let texts = 0;
  for (const e of all("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || e.value && e.type !== "hidden";
    if (!own) continue;
    texts++;
    const ratio = contrast(channels(getComputedStyle(e).color), behind(e));
    must(ratio >= 4.5, `contrast of ${e.tagName} "${e.textContent.slice(0, 20)}" is ${ratio.toFixed(2)}`); // WCAG 2.2 §1.4.3
  }
  must(texts > 2, "hardly any text was looked at");
  for (const e of all("input:not([type=hidden]), button, .summary")) { // §1.4.11
    const ratio = contrast(channels(getComputedStyle(e).borderTopColor), behind(e.parentElement));
    must(ratio >= 3, `contrast of the border of ${e.tagName} is ${ratio.toFixed(2)}`);
  }
  const on = document.activeElement;
  if (on !== document.body) {
    const ring = getComputedStyle(on);
    must(on.matches(":focus-visible") && parseFloat(ring.outlineWidth) >= 2, `no ring around ${on.tagName}`);
    must(contrast(channels(ring.outlineColor), behind(on.parentElement)) >= 3, "a ring that nobody sees");
  }
  return list;
}

// usable looks at a page in every size, scheme and size of text.
async function usable(tab, where) {
  for (const colorScheme of ["light", "dark"]) {
    await tab.emulateMedia({ colorScheme });
    for (const size of [desk, phone, narrow]) {
      await tab.setViewportSize(size);
      assert.deepEqual(await tab.evaluate(flaws), [], `${where}, ${colorScheme}, ${size.width}`);
      if (folder) await tab.screenshot({ path: path.join(folder, `device-${where}-${colorScheme}-${size.width}.png`.replaceAll(" ", "-")), fullPage: true });
    }
    await tab.evaluate(() => { document.documentElement.style.fontSize = "200%"; }); // §1.4.4
    assert.deepEqual(await tab.evaluate(flaws), [], `${where}, ${colorScheme}, large text`);
    await tab.evaluate(() => { document.documentElement.style.fontSize = ""; });
  }
  await tab.emulateMedia({ colorScheme: "light" });
  await tab.setViewportSize(desk);
}

const scenarios = {
  async "a wrong code, then the right one, and the device has tokens"(tab) {
    await signIn(tab);
    assert.equal(await heading(tab), "Connect a device");
    assert.equal(await tab.title(), "Connect a device – Contoso");
    assert.equal(await focused(tab), "user-code", "one can type at once");
    const attributes = await field(tab).evaluate((f) => [f.autocomplete, f.inputMode, f.autocapitalize, f.spellcheck]);
    assert.deepEqual(attributes, ["off", "text", "characters", false]);
    const d = await device();
    assert.equal(d.verification_uri, page);

    await type(tab, "");
    assert.match(await tab.getByRole("alert").innerText(), /Type the code/);
    await type(tab, wrong(d.user_code));
    assert.equal(await tab.title(), "Error: Connect a device – Contoso");
    assert.match(await focused(tab), /^There is a problem/, "what went wrong is read first");
    assert.equal(await field(tab).getAttribute("aria-invalid"), "true");
    assert.equal(await field(tab).inputValue(), wrong(d.user_code), "it can be mended");
    await tab.keyboard.press("Tab");
    await tab.keyboard.press("Enter"); // the link of the summary
    assert.equal(await focused(tab), "user-code");
    const described = await field(tab).evaluate((f) => f.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id).textContent));
    assert.match(described.join(" "), /Eight letters.*That code is not right/);

    await type(tab, ` ${d.user_code.toLowerCase().replace("-", " ")} `);
    assert.equal(await heading(tab), "Allow Living-room television to use your account?");
    assert.equal(await tab.locator(".code").innerText(), d.user_code);
    assert.deepEqual(await tab.getByRole("listitem").allInnerTexts(), ["know which account is yours", "see your orders", "stay signed in until you or it signs out"]);
    await tab.getByText("Signed in as casey@contoso.com").waitFor();
    assert.equal((await poll(d)).error, "authorization_pending", "nothing is decided by looking");

    const order = [];
    for (let i = 0; i < 3; i++) {
      await tab.keyboard.press("Tab");
      order.push(await focused(tab));
    }
    assert.deepEqual(order, ["Allow", "Deny", "Type another code"]);
    await tab.keyboard.press("Shift+Tab");
    await tab.keyboard.press("Shift+Tab");
    await tab.keyboard.press("Enter");
    await tab.getByRole("heading", { name: "Your device is connected" }).waitFor();
    assert.ok((await poll(d)).access_token);
  },

  async "a device is denied, and its code allows nothing any more"(tab) {
    await signIn(tab);
    const d = await device();
    await type(tab, d.user_code);
    await tab.getByRole("button", { name: "Deny" }).click();
    assert.equal(await heading(tab), "The device was denied");
    assert.equal((await poll(d)).error, "authorization_declined");
    await tab.goto(page);
    await type(tab, d.user_code);
    assert.match(await tab.getByRole("alert").innerText(), /That code is not right/);
    assert.equal((await poll(d)).error, "authorization_declined");
  },

  async "everybody can use every page of it"(tab) {
    await signIn(tab, "robin");
    await usable(tab, "code");
    const d = await device();
    await type(tab, wrong(d.user_code));
    await usable(tab, "wrong code");
    await type(tab, d.user_code);
    await usable(tab, "confirm");
    await tab.getByRole("button", { name: "Allow" }).click();
    await usable(tab, "allowed");
    const v = await device("vault");
    await tab.goto(page);
    await type(tab, v.user_code);
    await tab.getByRole("button", { name: "Allow" }).click();
    assert.equal(await heading(tab), "A second factor is needed");
    assert.equal((await poll(v, "vault")).error, "authorization_pending");
    await usable(tab, "second factor");
    assert.equal(await tab.getByRole("link", { name: "Sign in again" }).getAttribute("href"), `/sign-in?return_to=${encodeURIComponent(page)}`);
    for (let n = 0; n < 10; n++) {
      await tab.goto(page);
      await type(tab, "BBBB-BBBB");
    }
    assert.match(await tab.getByRole("alert").innerText(), /Too many wrong codes. Try again in \d+ minutes/);
    await usable(tab, "too many");
    await tab.context().clearCookies();
    await type(tab, d.user_code);
    assert.equal(await heading(tab), "Sign in first");
    await usable(tab, "signed out");
  },

  async "it loads nothing, and nobody frames it"(tab) {
    const loaded = [];
    tab.on("request", (r) => loaded.push(r.resourceType()));
    await signIn(tab);
    await tab.goto(page);
    assert.deepEqual(loaded.filter((kind) => kind !== "document"), []);
    await tab.goto(`${foreign}/frame`);
    const frame = await (await tab.locator("iframe").elementHandle()).contentFrame();
    assert.equal(await frame.getByRole("heading").count(), 0);
  },

  async "a page of somebody else decides nothing"(tab) {
    await signIn(tab);
    const d = await device();
    await tab.goto(`${foreign}/form`);
    await tab.locator("input").fill(d.user_code);
    await tab.getByRole("button").click();
    assert.equal(await heading(tab), "That did not come from this page");
    await usable(tab, "elsewhere");
    assert.equal((await poll(d)).error, "authorization_pending");
    await tab.getByRole("link", { name: "Type the code" }).click();
    await type(tab, d.user_code);
    await tab.getByRole("button", { name: "Allow" }).click();
    await tab.getByRole("heading", { name: "Your device is connected" }).waitFor();
  },
};

const browser = await launch(chromium);
for (const [name, play] of Object.entries(scenarios)) {
  for (const javaScriptEnabled of [false, true]) {
    const context = await browser.newContext({ viewport: desk, locale: "en-GB", javaScriptEnabled });
    context.setDefaultTimeout(10_000);
    const tab = await context.newPage();
    const trouble = [];
    tab.on("console", (message) => {
      const refusal = /^Failed to load resource: |^Framing '.*' violates|Refused to frame/.test(message.text()); // which is as it should be
      if (["error", "warning"].includes(message.type()) && !refusal) trouble.push(message.text());
    });
    const problem = await play(tab).then(() => trouble.join("\n"), (e) => e.stack);
    console.log(JSON.stringify({ name: `${name}${javaScriptEnabled ? "" : ", without scripts"}`, problem }));
    await context.close();
    if (name.startsWith("everybody")) break; // whose ten wrong codes are used up
  }
}
await browser.close();
