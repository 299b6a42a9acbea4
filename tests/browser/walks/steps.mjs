// What people do on the pages, step by step: each function does one thing and waits until the page says that it is done.
// Each page that they come to is looked over once, and no browser may find anything wrong with any.

import assert from "node:assert/strict";
import { audit, bringAxe, sideways, watch } from "../looks.mjs";

const PATIENCE_MS = 20_000;
const ID = /\/[0-9a-z-]*\d[0-9a-z-]*/g;

// Of each page that somebody visits: what was found wrong, and what the test itself keeps from loading.
const visits = new Map();
// Pages that were looked over, by the width of the screen, where they are and what they are called.
const looked = new Set();

// What was found after the last look of all.
process.on("exit", () => {
  console.log(`${looked.size} pages were looked over`);
  const left = [...visits.values()].flatMap(({ found }) => found);
  if (left.length === 0) return;
  console.error(left.join("\n"));
  process.exitCode = 1;
});

// Waits for a page by its heading; what stands there instead is worth more than how long it was waited for.
export async function heading(page, name) {
  const one = page.getByRole("heading", { level: 1 });
  await one.filter({ hasText: name }).waitFor().catch(async () => {
    assert.fail(`no “${name}” at ${new URL(page.url()).pathname}, but “${(await one.allTextContents()).join(" ")}”`);
  });
  await lookOver(page);
}
export const notShown = (page) => heading(page, "We can’t show this");

// Nothing for axe to find, nothing beside the screen, and nothing that the browser complained about on the way.
export async function lookOver(page) {
  const { found, hasScript } = visits.get(page);
  const title = await page.getByRole("heading", { level: 1 }).first().innerText();
  const kind = `${page.viewportSize().width} px, ${new URL(page.url()).pathname.replaceAll(ID, "/…")}, “${title}”`;
  // Where no script runs, axe does not: the same markup is looked over where one does.
  if (hasScript && !looked.has(kind)) {
    looked.add(kind);
    await bringAxe(page);
    const wrong = [...(await audit(page)), ...(await sideways(page))];
    found.push(...wrong.map((one) => `${kind}: ${one}`));
  }
  assert.deepEqual(found.splice(0), []);
}

// A browser of somebody's own.
export async function visit(browser, shape = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-US", ...shape });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const own = { found: [], meant: [], hasScript: shape.javaScriptEnabled !== false };
  watch(page, own.found, (url) => own.meant.some((kind) => kind.test(url)));
  visits.set(page, own);
  return page;
}

// From here on it is the test's own doing when addresses of this kind refuse or do not load for this page.
export const mayFail = (page, kind) => visits.get(page).meant.push(kind);

// Signs in for the first time, and says what to be called.
export async function begin(holdfast, page, email, name) {
  await page.goto(`${holdfast.site}/`);
  await heading(page, "Your record, in your hands");
  await holdfast.signIn(page, email);
  await heading(page, "What should we call you?");
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Save" }).click();
  await heading(page, "Whose record?");
}

export async function bringIn(holdfast, page, path) {
  await page.goto(`${holdfast.site}/people/new`);
  const form = page.getByRole("region", { name: "Bring in a file" });
  await form.getByRole("radio", { name: "My child’s" }).check();
  await form.getByLabel("The file").setInputFiles(path);
  await form.getByRole("button", { name: "Bring it in" }).click();
}

// `there`: the page is open already.
export async function keepPaper(page, record, file, title, { there = false } = {}) {
  if (!there) await page.goto(`${record}/papers/new`);
  await page.getByLabel("File", { exact: true }).setInputFiles(file);
  await page.getByLabel("Name for this paper").fill(title);
  await page.getByRole("radio", { name: "Papers" }).check();
  await page.getByRole("button", { name: "Send it" }).click();
}

// Looks arrive within a moment of the act: the list of their kind is asked again until it says `did`.
export async function sees(page, record, kind, who, did) {
  const look = page.locator(`.look.${kind}`).filter({ hasText: who }).filter({ hasText: did });
  const whose = who === "you" ? "me" : "others";
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    await page.goto(`${record}/looked?who=${whose}&kind=${kind}`);
    await heading(page, "Who looked");
    if (await look.count()) return look.first();
    if (Date.now() > deadline) {
      const shown = await page.locator(".look").allTextContents();
      assert.fail(`“Who looked” does not say ${who}: ${did}; it says\n${shown.map((one) => one.replace(/\s+/g, " ")).join("\n")}`);
    }
  }
}

// Walks the five questions of a new sharing.
export async function share(page, record, { find, who, rooms, may = [], until }) {
  const next = () => page.getByRole("button", { name: "Next" }).click();
  await page.goto(`${record}/sharing`);
  await page.getByRole("link", { name: "Share", exact: true }).click();
  await heading(page, "Who do you want to share with?");
  if (find) {
    await page.getByLabel("Find a person, practice, school or insurer").fill(find);
    await next();
  }
  await page.getByRole("radio", { name: who }).check();
  await next();
  await heading(page, "What may they see?");
  for (const room of rooms) await page.getByRole("checkbox", { name: room, exact: true }).check();
  await next();
  await heading(page, "What for, and what may they do?");
  for (const action of may) await page.getByRole("checkbox", { name: action, exact: true }).check();
  await next();
  await heading(page, "For how long?");
  if (until) {
    await page.getByRole("radio", { name: "Until a day I choose" }).check();
    await page.getByLabel("Until this day").fill(until);
  }
  await next();
  await heading(page, "Check before you share");
  await page.getByRole("button", { name: "Share now" }).click();
  await heading(page, "Who can see what");
}

export async function write(page, record, practice, subject, text) {
  await page.goto(`${record}/messages/new`);
  await page.getByRole("radio", { name: practice }).check();
  await page.getByLabel("About", { exact: true }).fill(subject);
  await page.getByLabel("Your message").fill(text);
  await page.getByRole("button", { name: /^Send/ }).click();
  await heading(page, subject);
  await page.getByRole("log").getByText(text).waitFor();
}

export async function stopSharing(page, record, name) {
  await page.goto(`${record}/sharing`);
  await page.getByRole("link", { name: `Stop ${name}` }).click();
  await heading(page, new RegExp(`Stop sharing with ${name}`));
  await page.getByRole("button", { name: "Stop now" }).click();
  await heading(page, "Who can see what");
}
