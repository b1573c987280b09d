// What a person does on the page, and what can be seen of it: shared by the checks.

export const [chromium, base, slow, folder] = process.argv.slice(2);

export const quick = {}; // what is chosen on the page
export const withProfile = { beside: "profile" };
export const withPassword = { password: true };
export const withBoth = { password: true, beside: "profile" };
export const withFactor = { password: true, beside: "factor" };
export const withChoice = { password: true, beside: "choice" };
export const good = "harbor quilt lantern"; // a password that nobody guesses first
export const better = "lantern quilt harbor";
export const phone = { width: 360, height: 780 };
export const desk = { width: 1280, height: 800 };

let count = 0;
export const newAddress = () => `person.${++count}@example.com`;

// codes returns the codes sent to an address or a number, newest first, once there are n of them: those for
// a purpose, if one is named.
export async function codes(address, n = 1, purpose) {
  for (let tries = 0; tries < 100; tries++) {
    const all = await (await fetch(`${base}/dev/inbox?format=json&to=${encodeURIComponent(address)}`)).json();
    const messages = all.filter((m) => !purpose || m.purpose === purpose);
    if (messages.length >= n) return messages.map((m) => m.code);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no message number ${n} to ${address}`);
}

export const wrongCode = (right) => (right === "00000000" ? "11111111" : "00000000");
export const step = (page, name) => page.locator(`#${name}`).waitFor({ state: "visible" });
export const focused = (page) => page.evaluate(() => document.activeElement.id);
export const selected = (page) => page.evaluate(() => getSelection().toString() || document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd));

// settled waits until the page is done with what was sent before: what is sent meanwhile it does not take.
export const settled = (page) => page.locator('[aria-busy="true"]').first().waitFor({ state: "detached" });

// choose sets the way to get in, and what is asked for beside that.
export async function choose(page, { password = false, beside = "" }) {
  await page.getByRole("radio", { name: password ? "A password" : "A code" }).check();
  if (await page.locator(`#beside option[value="${beside}"]:enabled`).count()) await page.locator("#beside").selectOption(beside, { force: true });
}

export async function giveAddress(page, address, app) {
  await settled(page);
  await choose(page, app);
  await page.getByRole("textbox", { name: "Email address" }).fill(address);
  await page.keyboard.press("Enter");
}

export async function askForCode(page, address, app = quick) {
  await giveAddress(page, address, app);
  await step(page, "code-step");
}

export async function giveCode(page, code) {
  await settled(page);
  await page.getByRole("textbox", { name: "Code from the mail" }).fill(code);
  await page.getByRole("button", { name: "Continue" }).click();
}

export async function signUp(page, address, app = quick) {
  await page.goto(base);
  await askForCode(page, address, app);
  await giveCode(page, (await codes(address))[0]);
}

// choosePassword fills in what a sign-up with a password begins with.
export async function choosePassword(page, address, password, app = withPassword) {
  await settled(page);
  await choose(page, app);
  await page.getByRole("textbox", { name: "Email address" }).fill(address);
  await page.getByLabel("Choose a password").fill(password);
  await page.getByRole("button", { name: "Continue" }).click();
}

// signUpWithPassword ends with the session.
export async function signUpWithPassword(page, address, password = good, app = withPassword) {
  await page.goto(base);
  await choosePassword(page, address, password, app);
  await step(page, "code-step");
  await giveCode(page, (await codes(address))[0]);
  await step(page, "home");
}

// register does that and signs out: the page is at the sign-in with a password then.
export async function register(page, address, password = good, app = withPassword) {
  await signUpWithPassword(page, address, password, app);
  await signOut(page);
}

export async function signOut(page) {
  await page.getByRole("button", { name: "Sign out" }).click();
  await step(page, "address-step");
}

export async function givePassword(page, password) {
  await settled(page);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(password);
  await page.keyboard.press("Enter");
}

export async function fillProfile(page, city) {
  await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
  await page.getByLabel("City").fill(city);
  await page.getByLabel("I accept the terms of use").check();
}

// nameless lists what a screen reader would stumble over: controls without a name, references that
// lead nowhere, ids that are there twice.
export const nameless = (page) => page.evaluate(() => {
  const all = [...document.querySelectorAll("[id]")].map((e) => e.id);
  const faults = all.filter((id, i) => all.indexOf(id) !== i).map((id) => `#${id} is there twice`);
  for (const e of document.querySelectorAll("input, select, button, a")) {
    if (!e.checkVisibility()) continue;
    const name = e.getAttribute("aria-label") ?? (e.labels ? [...e.labels].map((l) => l.innerText).join(" ") : "") + (e.tagName === "INPUT" ? "" : e.innerText);
    if (!name.trim()) faults.push(`${e.outerHTML.slice(0, 80)} has no name`);
  }
  for (const e of document.querySelectorAll("fieldset")) {
    if (e.checkVisibility() && !e.querySelector("legend")?.innerText) faults.push("a group has no name");
  }
  for (const attribute of ["aria-describedby", "aria-labelledby", "aria-controls", "for"]) {
    for (const e of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of e.getAttribute(attribute).split(" ")) if (!all.includes(id)) faults.push(`${attribute}=${id} leads nowhere`);
    }
  }
  return faults;
});
