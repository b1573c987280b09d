// Plays the scenarios of a page in Chromium and prints one line of JSON for each:
// {"name": …, "problem": …}, with an empty problem where all went well.
//
// usage: node run.mjs CHROMIUM PAGE API
import { launch } from "./browser.mjs";

const [executablePath, pageURL, apiURL] = process.argv.slice(2);
const pageOrigin = new URL(pageURL).origin;
const apiOrigin = new URL(apiURL).origin;

// read counts, by address, the messages that a scenario has seen.
const read = new Map();

// nextMail waits for a message that nobody has read and returns it.
async function nextMail(address) {
  const inbox = `${apiOrigin}/dev/inbox?to=${encodeURIComponent(address)}`;
  const seen = read.get(address) ?? 0;
  for (const start = Date.now(); Date.now() - start < 5000; await new Promise((r) => setTimeout(r, 50))) {
    const messages = (await (await fetch(inbox, { headers: { Accept: "application/json" } })).json()) ?? [];
    if (messages.length > seen) {
      read.set(address, messages.length);
      return messages[0];
    }
  }
  throw new Error(`no mail has come to ${address}`);
}

// requireReset has the password of a user declared unfit, by an administrator so to speak.
async function requireReset(username) {
  const { status } = await fetch(`${pageOrigin}/require-reset`, { method: "POST", body: new URLSearchParams({ username }) });
  if (status !== 200) throw new Error(`require a reset: ${status}`);
}

// callAPI is an app's own server, which no browser's rules hold back.
async function callAPI(token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(`${apiOrigin}/api/me`, { headers });
  return { status: response.status, me: response.ok ? await response.json() : null };
}

const browser = await launch(executablePath);

// open returns a page with empty storage, and the list of what went wrong around it: a
// line of the console (refusals of the API are none), an uncaught error, or a call to a
// host that is neither the page's nor the API's.
async function open() {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/responded with a status of 400/.test(message.text())) {
      complaints.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:" && origin !== pageOrigin && origin !== apiOrigin) {
      complaints.push(`call to ${origin}`);
    }
  });
  await page.exposeFunction("apiURL", () => apiURL);
  await page.exposeFunction("nextMail", nextMail);
  await page.exposeFunction("callAPI", callAPI);
  await page.exposeFunction("requireReset", requireReset);
  await page.goto(pageURL);
  return { context, page, complaints };
}

try {
  const first = await open();
  const names = await first.page.evaluate(() => Object.keys(scenarios));
  await first.context.close();
  if (names.length === 0 || first.complaints.length > 0) throw new Error(["the page does not load", ...first.complaints].join("\n"));
  for (const name of names) {
    const { context, page, complaints } = await open();
    const problem = await page.evaluate((name) => play(name), name);
    await context.close();
    console.log(JSON.stringify({ name, problem: [problem, ...complaints].filter(Boolean).join("\n") }));
  }
} finally {
  await browser.close();
}
