// A family shares with its school: the coordinator signs in and sees that alone, on a screen and on a phone; a desk is told what it may not see.

import assert from "node:assert/strict";
import { test } from "node:test";
import { own } from "./walks/bundle.mjs";
import { browser, files, holdfast, stage, whoIs } from "./walks/stage.mjs";
import { begin, bringIn, heading, notShown, sees, share, stopSharing, visit } from "./walks/steps.mjs";

const FAMILY = { email: "olga.beispielhaft@families.example", name: "Olga Beispielhaft" };
const SCHOOL = "Quail Run Elementary (demo)";
const INSURER = "Copper Basin Health (demo)";
const SCREENS = [{ viewport: { width: 1280, height: 800 } }, { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true }];

let file;

stage({ then: () => {
  file = own(files);
} });

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
