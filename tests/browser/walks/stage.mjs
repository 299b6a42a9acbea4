// What a walk begins with: the whole product, a browser, a folder for files, and whoever the demo network names. One of each in a process, as
// every test file runs in its own.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { Holdfast, executablePath, flags } from "../holdfast.mjs";

const PATIENCE_MS = 30_000;
// Where to put pictures of what a walk comes to.
const pictures = process.env.HOLDFAST_LOOK;

export let holdfast;
export let browser;
export let files;

// Before and after all tests of the file; `up` is what the product is started with, `then` what else is to be there.
export function stage({ up, then = () => {} } = {}) {
  before(async () => {
    assert.ok(executablePath, "no Chromium found: set CHROMIUM to its path");
    files = mkdtempSync(join(tmpdir(), "holdfast-files-"));
    holdfast = await Holdfast.up(up);
    browser = await chromium.launch({ executablePath, args: flags });
    await then();
  }, { timeout: 400_000 });
  after(async () => {
    await browser?.close();
    await holdfast?.down();
    if (files) rmSync(files, { recursive: true });
  });
}

// A line of the demo network's table of people: name, what they are, address.
export const lineOf = (pattern) =>
  readFileSync(join(holdfast.dataDir, "demo-people.txt"), "utf8").split("\n").find((line) => pattern.test(line))?.trim();
export const addressOf = (pattern) => lineOf(pattern)?.split(/\s+/).at(-1);
// Who has this role there.
export function whoIs(role) {
  const [name, , email] = lineOf(new RegExp(` {2}${role} {2}`)).split(/ {2,}/);
  return { name, email };
}

export async function shown(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

export async function until(what, holds, patience = PATIENCE_MS) {
  const deadline = Date.now() + patience;
  while (!(await holds())) assert.ok(Date.now() < deadline, what);
}
