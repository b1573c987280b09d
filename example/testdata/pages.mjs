// Opens pages in a real browser and prints what is wrong with each, as one JSON object: { path: [fault] }.
//
// usage: node pages.mjs CHROMIUM BASE < '{ "paths": [...], "cookie": { name, value, url } }'

import { text } from "node:stream/consumers";
import { launch } from "../../internal/clienttest/browser.mjs";
import { base, chromium, nameless } from "./hands.mjs";

const narrow = 320; // pixels: WCAG 2.2 §1.4.10

// missing lists what every page has to have.
const missing = (page) => page.evaluate(() => [
  [document.documentElement.lang, "no language"],
  [document.title.trim(), "no title"],
  [document.querySelector("h1, h2"), "no heading"],
  [document.querySelector("main"), "no main part"],
  ...[...document.querySelectorAll("iframe, img")].map((e) => [e.title || e.alt, `${e.outerHTML} has no name`]),
].filter(([there]) => !there).map(([, fault]) => fault));

const { paths, cookie } = JSON.parse(await text(process.stdin));
const browser = await launch(chromium);
const context = await browser.newContext({ viewport: { width: narrow, height: 640 }, locale: "en-GB" });
await context.addCookies([cookie]);
const page = await context.newPage();
let faults;
page.on("pageerror", (error) => faults.push(String(error)));
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) faults.push(message.text());
});
context.on("request", (request) => {
  if (!request.url().startsWith(`${base}/`) && !request.url().startsWith("data:")) faults.push(`asks elsewhere: ${request.url()}`);
});
const seen = {};
for (const path of paths) {
  faults = seen[path] = [];
  const answer = await page.goto(base + path, { waitUntil: "load" });
  if (answer.status() !== 200) faults.push(`status ${answer.status()}`);
  const policy = answer.headers()["content-security-policy"] ?? "";
  if (!policy.startsWith("default-src 'none'") || policy.includes("unsafe")) faults.push(`the policy is ${JSON.stringify(policy)}`);
  faults.push(...(await missing(page)), ...(await nameless(page)));
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (width > narrow) faults.push(`${width} pixels: wider than ${narrow}`);
}
await browser.close();
console.log(JSON.stringify(seen));
