// A family shares with its school: the coordinator signs in and sees that alone, on a screen and on a phone; a desk is told what it may not see.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Holdfast, executablePath, flags } from "./holdfast.mjs";
import { own } from "./walks/bundle.mjs";
import { begin, bringIn, heading, notShown, sees, share, stopSharing, visit } from "./walks/steps.mjs";

const FAMILY = { email: "olga.beispielhaft@families.example", name: "Olga Beispielhaft" };
const SCHOOL = "Quail Run Elementary (demo)";
const INSURER = "Copper Basin Health (demo)";
const SCREENS = [{ viewport: { width: 1280, height: 800 } }, { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true }];

let holdfast;
let browser;
let files;
let file;

before(async () => {
  assert.ok(executablePath, "no Chromium found: set CHROMIUM to its path");
  holdfast = await Holdfast.up();
  browser = await chromium.launch({ executablePath, args: flags });
  files = mkdtempSync(join(tmpdir(), "holdfast-files-"));
  file = own(files);
}, { timeout: 400_000 });

after(async () => {
  await browser?.close();
  await holdfast?.down();
  if (files) rmSync(files, { recursive: true });
});

// Who has this role in the demo network, as its table of people says.
function whoIs(role) {
  const line = readFileSync(join(holdfast.dataDir, "demo-people.txt"), "utf8").split("\n").find((row) => row.includes(`  ${role}  `));
  const [name, , email] = line.trim().split(/ {2,}/);
  return { name, email };
}

test("what is shared with a school", { timeout: 600_000 }, async (walk) => {
  const family = await visit(browser);
  let record;
  let coordinator;

  await walk.test("a family finds its school by what it is, and is offered no bills and no payment", async () => {
    await begin(holdfast, family, FAMILY.email, FAMILY.name);
    await bringIn(holdfast, family, file.path);
    await family.getByRole("link", { name: "Open the record" }).click();
    await heading(family, /’s record$/);
    record = family.url();
    await family.goto(`${record}/sharing/new`);
    await heading(family, "Who do you want to share with?");
    await family.getByLabel("Find a person, practice, school or insurer").fill("school");
    await family.getByRole("button", { name: "Next" }).click();
    await family.getByRole("radio", { name: new RegExp(`${SCHOOL.replace(/[()]/g, ".")}.*its coordinators`) }).check();
    assert.equal(await family.getByRole("radio", { name: /its therapists/ }).count(), 0);
    await family.getByRole("button", { name: "Next" }).click();
    await heading(family, "What may they see?");
    for (const [room, offered] of [["Goals", 1], ["Bills and payments", 0], ["Insurance", 0]]) {
      assert.equal(await family.getByRole("checkbox", { name: room, exact: true }).count(), offered, room);
    }
    await family.getByRole("checkbox", { name: "Goals", exact: true }).check();
    await family.getByRole("button", { name: "Next" }).click();
    await heading(family, "What for, and what may they do?");
    assert.equal(await family.getByRole("checkbox", { name: "for payment" }).count(), 0);
  });

  await walk.test("an insurer is reached for payment alone", async () => {
    await share(family, record, { find: "Copper", who: /its reviewers/, rooms: ["Visits"] });
    const card = family.locator("main").getByText(INSURER).first();
    await card.waitFor();
  });

  for (const screen of SCREENS) {
    await walk.test(`the coordinator sees what was shared and nothing else, ${screen.viewport.width} px`, async () => {
      await share(family, record, { find: "Quail Run", who: /its coordinators/, rooms: [file.room] });
      coordinator = whoIs("school coordinator");
      const page = await visit(browser, screen);
      await holdfast.signIn(page, coordinator.email);
      await heading(page, /./);
      await page.goto(`${holdfast.site}/work`);
      const row = page.locator("main").getByRole("link").filter({ hasText: file.room }).first();
      await row.click();
      await heading(page, /record/);
      const theirs = page.url();
      await page.getByRole("link", { name: new RegExp(`^${file.room}`) }).click();
      await heading(page, file.room);
      assert.ok((await page.locator("#list .rows a").count()) > 0, "what was shared is there");
      await page.goto(`${theirs}/c/claims`);
      await notShown(page);
      await page.goto(`${theirs}/sharing`);
      await notShown(page);
      await sees(family, record, "read", coordinator.name, file.room);
      await stopSharing(family, record, "Quail Run Elementary");
      await page.goto(theirs);
      await notShown(page);
      await page.context().close();
    });
  }
});
