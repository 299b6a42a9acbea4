// On a phone as on a desk: the pages are installed, and a paper goes on where the line broke.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { heading, keepPaper, mayFail, visit } from "./steps.mjs";

const UPLOADS = /\/papers\/uploads\/[^/]+$/;
const BYTES = 3 * 1024 * 1024 + 17;
const FILM = Buffer.from(Array.from({ length: BYTES }, (_, at) => (at * 31 + (at >> 9)) & 255));
FILM.write("\0\0\0\x18ftypisom", "latin1");
FILM.fill(0, 12, 24);

// Of two parts the line breaks: once before a part has left, once after it arrived and before that was answered.
async function breakLine(page) {
  const sent = [];
  let breaks = 0;
  mayFail(page, UPLOADS);
  await page.route(UPLOADS, async (route) => {
    const request = route.request();
    if (request.method() === "GET") return route.continue();
    const offset = Number(request.headers()["upload-offset"]);
    if (offset > 0 && breaks === 0) {
      breaks += 1;
      return route.abort("connectionreset");
    }
    const answer = await route.fetch();
    sent.push(offset);
    if (offset > 0 && breaks === 1) {
      breaks += 1;
      return route.abort("connectionreset");
    }
    return route.fulfill({ response: answer });
  });
  return { sent, broken: () => breaks };
}

export async function phone(walk, { holdfast, browser, shape, devices }) {
  await walk.test("it can be installed on a phone", async () => {
    const page = await visit(browser, shape);
    await page.goto(`${holdfast.site}/sign-in`);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    const line = await page.context().newCDPSession(page);
    const { manifest, errors } = await line.send("Page.getAppManifest");
    assert.deepEqual([manifest.name, manifest.display, errors], ["Holdfast", "kStandalone", []]);
    const { installabilityErrors } = await line.send("Page.getInstallabilityErrors");
    // A test's browser is a private window, from which nothing is installed.
    assert.deepEqual(installabilityErrors.map((error) => error.errorId).filter((id) => id !== "in-incognito"), []);
  });

  for (const [name, { family, record }] of Object.entries(devices)) {
    await walk.test(`a film from a ${name} goes on where the line broke, and says how far it is`, async () => {
      const line = await breakLine(family);
      const said = [];
      await family.exposeFunction(`told${name}`, (value) => said.push(Number(value)));
      await family.goto(`${record}/papers/new`);
      await family.evaluate((told) => {
        const bar = document.querySelector("[data-progress] progress");
        new MutationObserver(() => globalThis[told](bar.value)).observe(bar, { attributes: true });
      }, `told${name}`);
      await keepPaper(family, record, { name: "swing.mp4", mimeType: "video/mp4", buffer: FILM }, `On the swing, ${name}`, { there: true });
      await heading(family, `On the swing, ${name}`);
      assert.equal(line.broken(), 2);
      assert.deepEqual(line.sent, [0, 1, 2, 3].map((part) => part * 1024 * 1024), "no part is left out, and none goes twice");
      assert.ok(said.some((percent) => percent > 0 && percent < 100), said.join(" "));
      assert.deepEqual(said, said.toSorted((a, b) => a - b));
      await family.unroute(UPLOADS);
      const arrived = family.waitForEvent("download");
      await family.getByRole("link", { name: /^Save/ }).click();
      assert.ok(readFileSync(await (await arrived).path()).equals(FILM), "another film came back");
    });
  }
}
