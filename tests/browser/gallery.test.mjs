// Every page and state of the gallery, as a browser shows it: nothing for axe to find, nothing beside the screen, nothing blocked.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { executablePath, flags, root } from "./holdfast.mjs";
import { audit, bringAxe, sideways, watch } from "./looks.mjs";

let server;
let browser;
let site;
let pages;

before(async () => {
  assert.ok(executablePath, "no Chromium found: set CHROMIUM to its path");
  let program = process.env.GALLERY;
  if (!program) {
    const built = spawnSync("cargo", ["build", "-p", "holdfast-gateway", "--example", "gallery", "--message-format=json"], {
      cwd: root, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "inherit"],
    });
    assert.equal(built.status, 0, "the gallery does not build");
    const made = built.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    program = made.findLast((one) => one.executable && one.target.name === "gallery").executable;
  }
  server = spawn(program, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: server.stdout }), "line");
  site = new URL(line).origin;
  browser = await chromium.launch({ executablePath, args: flags });
  const index = await (await fetch(`${site}/gallery`)).text();
  pages = [...index.matchAll(/href="(\/gallery\/[^"]+)"/g)].map((found) => found[1]);
  assert.ok(pages.length > 100, `only ${pages.length} pages in the gallery`);
});

after(async () => {
  await browser?.close();
  server?.kill();
});

// Walks all pages of one language in one shape of the browser, and gathers what `look` finds wrong.
async function walk(lang, { width, height = 800, colorScheme = "light", query = "", ...more }, look) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, serviceWorkers: "block", ...more });
  const page = await context.newPage();
  await page.route(/\/5d\/live/, (route) => route.fulfill({ contentType: "text/event-stream", body: "retry: 100000\n\n" }));
  const wrong = [];
  let at = "";
  watch(page, wrong);
  for (const path of pages.filter((one) => one.startsWith(`/gallery/${lang}/`))) {
    at = path + query;
    const answer = await page.goto(site + at);
    if (answer.status() !== 200) wrong.push(`${at}: ${answer.status()}`);
    for (const found of await look(page)) wrong.push(`${at}: ${found}`);
  }
  await context.close();
  assert.deepEqual(wrong, []);
}

// All rules once per page; what depends on size or colours again in every shape.
const shapes = [[320, "light"], [320, "dark"], [360, "dark"], [1280, "light"], [1280, "dark"]];
const auditShapes = async (page) => {
  await bringAxe(page);
  const wrong = await audit(page);
  for (const [width, colorScheme] of shapes) {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    const shaped = await audit(page, ["color-contrast", "target-size", "scrollable-region-focusable", "region", "landmark-unique"]);
    for (const one of [...shaped, ...(await sideways(page))]) wrong.push(`${width} px, ${colorScheme}: ${one}`);
  }
  await page.setViewportSize({ width: 360, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
  return wrong;
};

// What can be pressed is 44 px high and wide (56 in Large); links inside running text are excepted.
const small = (size) => (page) => page.evaluate((least) => {
  const inText = (link) => link.tagName === "A" && link.closest("p, dd, td") && getComputedStyle(link).display === "inline";
  return [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
    .filter((one) => one.checkVisibility() && !inText(one) && !one.closest(".skip"))
    .map((one) => [one, (one.closest("label") ?? one).getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && (box.height < least - 0.5 || box.width < least - 0.5))
    .map(([one, box]) => `${one.outerHTML.slice(0, 100)} is ${Math.round(box.width)} × ${Math.round(box.height)}`);
}, size);

const all = (...looks) => async (page) => (await Promise.all(looks.map((look) => look(page)))).flat();

for (const lang of ["en", "es"]) {
  test(`axe finds nothing at 320, 360 and 1280 px, light and dark, ${lang}`, () => walk(lang, { width: 360 }, auditShapes));
  test(`everything can be pressed, ${lang}`, () => walk(lang, { width: 360 }, small(44)));
  test(`Large is larger, and nothing is beside the screen, ${lang}`, () =>
    walk(lang, { width: 360, query: "?size=large" }, all(small(56), sideways)));
  test(`400 % zoom needs no sideways scroll, ${lang}`, () => walk(lang, { width: 320, height: 256 }, sideways));
  test(`pages stand without script, ${lang}`, () => walk(lang, { width: 360, javaScriptEnabled: false }, async (page) =>
    (await page.locator("h1").count()) === 1 ? [] : ["not one h1"]));
}

// Without it nothing would be found by eyes that are shut.
test("what is wrong with a page is found", async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 800 }, serviceWorkers: "block" });
  const found = [];
  watch(page, found);
  await page.route("**/gallery/en/home", async (route) => {
    const answer = await route.fetch();
    const planted = '<script>document.title = "";</script><img src="/static/none.svg"><svg width="500" height="9"></svg>';
    await route.fulfill({ response: answer, body: (await answer.text()).replace("</main>", `${planted}</main>`) });
  });
  await page.goto(`${site}/gallery/en/home`);
  await Promise.all([
    page.waitForEvent("pageerror"),
    page.evaluate(() => { setTimeout(() => { throw new Error("thrown"); }); }),
  ]);
  await page.evaluate(() => fetch("https://elsewhere.example/").catch(() => {}));
  for (const what of [/script-src/, /404 for \/static\/none\.svg/, /thrown/, /connect-src/]) {
    assert.ok(found.some((one) => what.test(one)), `${what} is not in\n${found.join("\n")}`);
  }
  await bringAxe(page);
  assert.match((await audit(page)).join("\n"), /image-alt/);
  assert.match((await sideways(page)).join(), /wide on a screen of 360/);
  await page.close();
});

test("pages hold in a language that is read from right to left", async () => {
  const mirrored = (page) => page.evaluate(() => {
    const wrong = [];
    const box = (selector) => document.querySelector(selector)?.getBoundingClientRect();
    if (document.documentElement.dir !== "rtl") wrong.push("is not read from right to left");
    const [brand, leave, heading, main] = [box(".brand"), box("[data-leave] button"), box("h1"), box("main")];
    if (brand && leave && brand.right < leave.right) wrong.push("the brand stands where reading ends");
    if (main.right - heading.right > 40) wrong.push("the heading stands where reading ends");
    return wrong;
  });
  for (const width of [320, 360, 1280]) await walk("ar-XB", { width }, all(mirrored, sideways, small(44)));
  await walk("ar-XB", { width: 360 }, auditShapes);
});

test("a tab label is on one line, in both languages", async () => {
  for (const lang of ["en", "es"]) {
    await walk(lang, { width: 320 }, (page) => page.evaluate(() => [...document.querySelectorAll(".tabs .ways a > span:not(.count)")]
      .filter((label) => label.scrollWidth > label.parentElement.clientWidth || label.getClientRects().length > 1)
      .map((label) => label.textContent)));
  }
});

test("the keyboard reaches what it needs in reading order, and focus is never hidden", async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
  await page.goto(`${site}/gallery/en/room`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  const seen = [];
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const one = document.activeElement;
      if (one === document.body) return null;
      const box = one.getBoundingClientRect();
      const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
      return { name: one.outerHTML.slice(0, 80), shown: one.contains(top) || top?.contains(one) };
    });
    if (!focus) break;
    assert.ok(focus.shown, `${focus.name} is covered`);
    seen.push(focus.name);
  }
  assert.ok(seen.length > 15, `only ${seen.length} stops`);
  await page.close();
});

test("the error summary takes the focus and leads to the field", async () => {
  const page = await browser.newPage();
  await page.goto(`${site}/gallery/en/sign-in-wrong`);
  await page.waitForFunction(() => document.activeElement.id === "problems");
  await page.locator("#problems a").click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "email");
  await page.close();
});

test("Shift three times leaves for a neutral page that takes this page's place", async () => {
  const page = await browser.newPage();
  await page.goto(`${site}/gallery/en/home`);
  for (let press = 0; press < 3; press += 1) await page.keyboard.press("Shift");
  await page.waitForURL(`${site}/away`);
  assert.equal(await page.title(), "Kitchen measures");
  await page.goBack();
  assert.ok(!page.url().includes("/gallery/en/home"));
  await page.close();
});

test("the session warns two minutes before, and can be kept by a tap", async () => {
  const page = await browser.newPage();
  let stayed = 0;
  await page.route("**/still", (route) => { stayed += 1; return route.fulfill({ status: 204 }); });
  await page.clock.install();
  await page.goto(`${site}/gallery/en/home`);
  await page.clock.fastForward((1800 - 119) * 1000);
  await page.locator("#session-warning").waitFor({ state: "visible" });
  await page.locator("[data-stay]").click();
  await page.locator("#session-warning").waitFor({ state: "hidden" });
  assert.equal(stayed, 1);
  await page.clock.fastForward(1801 * 1000);
  await page.locator("#session-over").waitFor({ state: "visible" });
  assert.equal(await page.locator("main").isVisible(), false);
  await page.close();
});

test("a dropped line does not lose a part of an upload, and sends none twice", async () => {
  const page = await browser.newPage();
  const size = 5 * 1024 * 1024 + 17;
  const held = Buffer.alloc(size);
  const offsets = [];
  let count = 0;
  let drops = 3;
  await page.route("**/papers/uploads", (route) => route.fulfill({ status: 201, headers: { location: "/r/k7m2q/papers/uploads/u1" } }));
  await page.route("**/papers/uploads/u1", async (route) => {
    const request = route.request();
    if (request.method() === "GET") return route.fulfill({ status: 200, headers: { "upload-offset": String(count) } });
    const offset = Number(request.headers()["upload-offset"]);
    const part = request.postDataBuffer();
    if (offset !== count) return route.fulfill({ status: 409, headers: { "upload-offset": String(count) } });
    offsets.push(offset);
    part.copy(held, offset);
    count += part.length;
    // The answer is lost though the part arrived: the page has to ask.
    if (drops > 0 && offset > 0) { drops -= 1; return route.abort("connectionreset"); }
    const done = count === size ? { location: "/away" } : {};
    return route.fulfill({ status: 204, headers: { "upload-offset": String(count), ...done } });
  });
  await page.goto(`${site}/gallery/en/add-paper`);
  const sent = Buffer.from(Array.from({ length: size }, (_, at) => (at * 31 + (at >> 9)) & 255));
  await page.locator("#file").setInputFiles({ name: "scan.pdf", mimeType: "application/pdf", buffer: sent });
  await page.locator("#title").fill("Report");
  await page.getByRole("button", { name: "Send it" }).click();
  await page.waitForURL(`${site}/away`);
  assert.equal(drops, 0);
  assert.equal(new Set(offsets).size, offsets.length);
  assert.ok(held.equals(sent), "the file that arrived is another one");
  await page.close();
});

test("a message that comes in is shown once, as text", async () => {
  const page = await browser.newPage();
  const bubble = (id) => `<li class="bubble" data-id="${id}"><p dir="auto">Live &lt;b&gt;words&lt;/b&gt;</p></li>`;
  const event = (id) => `id: ${id}\nevent: message\ndata: ${bubble(id)}\n\n`;
  await page.route(/\/5d\/live/, (route) => route.fulfill({ contentType: "text/event-stream", body: `retry: 100000\n${event("b9")}${event("b9")}${event("b3")}` }));
  await page.goto(`${site}/gallery/en/thread`);
  await page.getByText("Live <b>words</b>").waitFor();
  assert.equal(await page.locator(".bubble").count(), 4);
  await page.close();
});

test("without a line the shell opens, and holds nothing of a record", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site}/gallery/en/home`);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map((request) => new URL(request.url).pathname);
  });
  assert.ok(kept.length > 0 && kept.every((path) => path.startsWith("/offline") || path.startsWith("/static/")), kept.join(" "));
  await context.setOffline(true);
  await page.goto(`${site}/gallery/en/record`);
  assert.equal(await page.locator("h1").textContent(), "You are offline");
  await context.close();
});
