// Checks of the page that shows requests as they are answered.

import assert from "node:assert/strict";
import net from "node:net";
import { askForCode, base, codes, giveCode, nameless, newAddress, step, wrongCode } from "./hands.mjs";

const flows = `${base}/dev/flows`;
const live = (page) => page.getByText("Requests show up here").waitFor();
const flowOf = (page, text) => page.locator("article", { hasText: text });

// call sends a form to the API, without a browser.
const call = (path, fields, headers = {}) =>
  fetch(`${base}/contoso.onmicrosoft.com${path}`, { method: "POST", headers, body: new URLSearchParams(fields) });
const open = (username) => call("/signup/v1.0/start", { client_id: "11111111-1111-4111-8111-111111111111", username, challenge_type: "oob redirect" });

// between passes connections on to the app until it is cut, and again when it is mended.
async function between(use) {
  const { hostname, port } = new URL(base);
  const sockets = new Set();
  let whole = true;
  const server = net.createServer((near) => {
    if (!whole) return near.destroy();
    const far = net.connect(port, hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.pipe(other);
      one.on("error", () => other.destroy());
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${server.address().port}`, {
      cut: () => { whole = false; for (const socket of sockets) socket.destroy(); },
      mend: () => { whole = true; },
    });
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

export const checks = {
  async "flows: a sign-up in another tab appears as it goes on, with what was expected of a wrong code"(page, context) {
    const address = newAddress();
    await page.goto(flows);
    await live(page);
    await page.evaluate(() => { window.loaded = "once"; });
    const app = await context.newPage();
    await app.goto(base);
    await askForCode(app, address);
    const flow = flowOf(page, address);
    await flow.getByText("sign-up challenge", { exact: true }).waitFor();
    await flow.getByText(/^code_sent: sign-up/).waitFor();

    // What somebody has opened and works in stays, whatever comes.
    const first = flow.locator("summary").first();
    await first.focus();
    await page.keyboard.press("Enter");
    await flow.getByText("oob redirect", { exact: true }).first().waitFor();

    const [code] = await codes(address);
    await giveCode(app, wrongCode(code));
    const refused = flow.locator(".call.bad");
    await refused.getByText("400 invalid_grant · invalid_oob_value · 50181").waitFor();
    assert.match(await refused.locator(".expected").innerText(), /^Expected The code is the one of the latest message of this flow/);
    assert.match(await refused.getByRole("link", { name: "About this error" }).getAttribute("href"), /^https:.*#error-50181$/);
    await giveCode(app, code);
    await step(app, "home");
    await flow.getByText("token for a finished flow", { exact: true }).waitFor();

    assert.equal(await flow.count(), 1, "all of it is one flow");
    assert.deepEqual(await flow.locator(".call strong:first-of-type").evaluateAll((all) => all.filter((e) => e.closest("summary")).map((e) => e.innerText)),
      ["sign-up start", "sign-up challenge", "sign-up code", "sign-up code", "token for a finished flow"]);
    assert.ok(await flow.locator("details").first().evaluate((e) => e.open), "it is still open");
    assert.ok(await first.evaluate((e) => e === document.activeElement), "it still has the focus");
    assert.equal(await page.evaluate(() => window.loaded), "once");
    for (const details of await flow.locator("details").all()) await details.evaluate((e) => { e.open = true; });
    const text = await page.locator("body").innerText();
    for (const secret of [code, wrongCode(code)]) assert.ok(!text.includes(secret), "codes are not shown");
    assert.match(text, /not shown, 8 characters/);
    assert.deepEqual(await nameless(page), []);
    await app.close();
  },

  async "flows: hostile text is text"(page) {
    await page.goto(flows);
    await live(page);
    const path = `<script>window["ran"]++</script>\u202E`;
    const hostile = `<img src=x onerror="window.ran=1">${path}`;
    await call(`/nowhere/${encodeURIComponent(path)}?${new URLSearchParams({ [hostile]: hostile })}`, { username: hostile, client_id: hostile, scope: hostile, [hostile]: "x" });
    const flow = flowOf(page, `<script>window["ran"]++</script>`);
    await flow.waitFor();
    for (let reloaded = 0; reloaded < 2; reloaded++) {
      assert.equal(await page.locator("main img, main script, main iframe").count(), 0);
      assert.equal(await page.evaluate(() => window.ran), undefined);
      assert.ok(!(await page.content()).includes("\u202E"), "nor does it turn what stands beside it around");
      await page.reload();
      await flow.waitFor();
    }
    await flow.getByRole("link", { name: "Unknown path" }).click();
    await page.waitForURL(`${flows}/*`);
    await flow.waitFor();
    assert.equal(await page.locator("article").count(), 1, "the flow has a page of its own");
    await open(newAddress());
    await call("/nowhere", {}, { "client-request-id": page.url().split("/").pop() });
    await flow.locator(".call").nth(1).waitFor();
    assert.equal(await page.locator("article").count(), 1, "on which others do not appear");
    assert.equal(await page.evaluate(() => window.ran), undefined);
  },

  async "flows: the list survives that the connection breaks, and has what came meanwhile"(page) {
    await between(async (here, line) => {
      const [before, meanwhile, after] = [newAddress(), newAddress(), newAddress()];
      await page.goto(`${here}/dev/flows`);
      await live(page);
      await open(before);
      await flowOf(page, before).waitFor();
      line.cut();
      await page.getByText("The app does not answer.").waitFor();
      await open(meanwhile);
      assert.equal(await flowOf(page, meanwhile).count(), 0);
      line.mend();
      await flowOf(page, meanwhile).waitFor();
      await open(after);
      await flowOf(page, after).waitFor();
      for (const address of [before, meanwhile, after]) assert.equal(await flowOf(page, address).locator(".call").count(), 1, address);
      assert.ok((await page.locator("article").first().innerText()).includes(after), "the newest is the first");
    });
  },

  async "flows: an id of an answer leads to its flow, and the inbox and the flows to one another"(page) {
    const { trace_id } = await (await call("/signup/v1.0/start", { client_id: "nobody" })).json();
    await page.goto(`${base}/dev/inbox`);
    await page.getByRole("link", { name: "Flows" }).click();
    await page.getByLabel("Show the flow of a correlation id or trace id").fill(trace_id);
    await page.keyboard.press("Enter");
    await page.getByText("client_id is not the ID of one of Config.Clients.").waitFor();
    assert.equal(await page.locator("article").count(), 1);
    await page.getByRole("link", { name: "All flows" }).click();
    await page.getByRole("link", { name: "Inbox" }).click();
    await page.waitForURL(`${base}/dev/inbox`);
  },

  async "flows: it fits a narrow screen with all of it open"(page) {
    await call("/signup/v1.0/start", { client_id: "nobody", username: `a.rather.long.name.that.does.not.end.${newAddress()}`, scope: "x".repeat(300) });
    await page.setViewportSize({ width: 320, height: 640 }); // WCAG 2.2 §1.4.10
    await page.goto(flows);
    await page.evaluate(() => { for (const e of document.querySelectorAll("details")) e.open = true; });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  },
};

// pictures takes a picture of flows that went well and of such that did not.
export async function pictures(page, take) {
  await page.goto(flows);
  await live(page);
  for (const n of [0, 2]) await page.locator("summary").nth(n).click();
  await take("flows");
}
