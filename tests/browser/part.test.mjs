// One thing of a record is shared and nothing else: from its own page, by phone, without script; and what is never shared stays where it is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { own } from "./walks/bundle.mjs";
import { THERAPIST } from "./walks/main-job.mjs";
import { browser, files, holdfast, shown, stage, until } from "./walks/stage.mjs";
import { begin, bringIn, heading, keepPaper, notShown, sees, share, stopSharing, visit } from "./walks/steps.mjs";

const FAMILY = { email: "petra.beispielhaft@families.example", name: "Petra Beispielhaft" };
const PHONE = { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true, javaScriptEnabled: false };
const paper = (name) => ({ name: `${name}.txt`, mimeType: "text/plain", buffer: Buffer.from(`${name}\n`) });

let file;

stage({ then: () => {
  file = own(files);
} });

// From a thing's own page through the questions of sharing to the check.
async function shareOnly(page, only) {
  const next = () => page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("link", { name: "Share only this" }).click();
  await heading(page, "Who do you want to share with?");
  await page.getByLabel("Find a person, practice, school or insurer").fill("Notional");
  await next();
  await page.getByRole("radio", { name: new RegExp(THERAPIST.name) }).check();
  await next();
  await heading(page, "What may they see?");
  await page.getByRole("radio", { name: only }).check();
  await next();
  await heading(page, "What for, and what may they do?");
  assert.equal(await page.getByRole("checkbox", { name: "add and change" }).count(), 0, "a part is not written");
  await page.getByRole("checkbox", { name: "save a copy" }).check();
  await next();
  await heading(page, "For how long?");
  await next();
  await heading(page, "Check before you share");
}

test("a part of a record", { timeout: 600_000 }, async (walk) => {
  const family = await visit(browser, PHONE);
  const therapist = await visit(browser, PHONE);
  let record;
  let title;
  let slug;
  let shared;
  let hidden;
  let other;
  let theirs;

  await walk.test("one item is shared from its own page", async () => {
    await begin(holdfast, family, FAMILY.email, FAMILY.name);
    await bringIn(holdfast, family, file.path);
    await family.getByRole("link", { name: "Open the record" }).click();
    await heading(family, /’s record$/);
    record = family.url();
    await family.getByRole("link", { name: new RegExp(`^${file.room}`) }).click();
    await heading(family, file.room);
    slug = new URL(family.url()).pathname.split("/").pop();
    const rows = family.locator("#list .rows a");
    assert.ok((await rows.count()) > 1, "there is another one to be kept back");
    [shared, hidden] = (await rows.evaluateAll((links) => links.map((link) => link.href.split("/").pop()))).slice(0, 2);
    await family.goto(`${record}/i/${shared}`);
    title = await family.getByRole("heading", { level: 1 }).locator("bdi").first().innerText();
    await shareOnly(family, title);
    await family.locator("#answers").getByText(`only: ${title}`).waitFor();
    await family.getByText(`a part of ${file.room}`).first().waitFor();
    await family.getByText(new RegExp(`${THERAPIST.name}.* can do more in: a part of `)).waitFor();
    await family.getByText("No past look would have been stopped.").waitFor();
    await family.getByText("No past try would have been let in.").waitFor();
    await family.getByRole("button", { name: "Share now" }).click();
    const given = family.getByRole("listitem").filter({ has: family.getByRole("heading", { name: THERAPIST.name }) });
    await given.getByText(`${file.room} · only: ${title}`).first().waitFor();
    await given.getByRole("link", { name: /^Details/ }).first().click();
    await family.getByText("Only a part").waitFor();
    await family.getByText(`only: ${title}`).waitFor();
  });

  await walk.test("the therapist sees it and nothing else", async () => {
    await holdfast.signIn(therapist, THERAPIST.email);
    await therapist.goto(`${holdfast.site}/work`);
    await therapist.getByRole("link").filter({ hasText: `${file.room} · shared until` }).first().click();
    await heading(therapist, /’s record/);
    theirs = therapist.url();
    await therapist.goto(`${theirs}/c/${slug}`);
    await heading(therapist, file.room);
    const rows = therapist.locator("#list .rows a");
    assert.deepEqual(await rows.evaluateAll((links) => links.map((link) => link.href.split("/").pop())), [shared]);
    await therapist.goto(`${theirs}/i/${shared}`);
    await heading(therapist, title);
    await therapist.goto(`${theirs}/i/${hidden}`);
    await notShown(therapist);
    await therapist.goto(`${theirs}/c/results`);
    await notShown(therapist);
    await therapist.goto(`${theirs}/papers`);
    assert.equal(await therapist.locator("#list .rows li").count(), 0);
  });

  await walk.test("the family's pages name who sees which", async () => {
    await family.goto(`${record}/i/${shared}`);
    await family.locator("main").getByText(THERAPIST.name).first().waitFor();
    await family.goto(`${record}/i/${hidden}`);
    await heading(family, /./);
    assert.equal(await family.locator("main").getByText(THERAPIST.name).count(), 0);
  });

  await walk.test("before more is shared the family is shown which try it would have let in, and then leaves it as it was", async () => {
    await family.goto(`${record}/i/${hidden}`);
    other = await family.getByRole("heading", { level: 1 }).locator("bdi").first().innerText();
    await shareOnly(family, other);
    await family.getByText(/past (try|tries) would have been let in or shown more:/).waitFor();
    await family.getByRole("listitem").filter({ hasText: THERAPIST.name }).first().waitFor();
    await therapist.goto(`${theirs}/i/${hidden}`);
    await notShown(therapist);
  });

  await walk.test("one paper is shared from its own page, and saved", async () => {
    await keepPaper(family, record, paper("letter"), "A letter");
    await heading(family, "A letter");
    await keepPaper(family, record, paper("report"), "A report");
    await heading(family, "A report");
    await shareOnly(family, "A report");
    await family.getByRole("button", { name: "Share now" }).click();
    await heading(family, "Who can see what");
    // What is shared with them is looked up on their list.
    await therapist.goto(`${holdfast.site}/work`);
    await therapist.goto(`${theirs}/papers`);
    await therapist.getByRole("link", { name: /A report/ }).waitFor();
    assert.equal(await therapist.getByText("A letter").count(), 0);
    await therapist.getByRole("link", { name: /A report/ }).click();
    await therapist.getByRole("link", { name: /^Save/ }).waitFor();
  });

  await walk.test("a mark beats the sharing, and its end ends it", async () => {
    await family.goto(`${record}/i/${shared}`);
    await family.getByRole("link", { name: "Mark as never shared" }).click();
    await family.getByRole("radio", { name: title }).check();
    await family.getByRole("button", { name: "Next" }).click();
    await heading(family, "Check before you mark it");
    await family.getByText(/past looks? would have been stopped/).waitFor();
    await family.getByRole("button", { name: "Mark as never shared" }).click();
    await therapist.goto(`${theirs}/i/${shared}`);
    await notShown(therapist);
    for (const _ of [shared, "the paper"]) {
      await family.goto(`${record}/sharing`);
      await family.getByRole("link", { name: `Stop ${THERAPIST.name}` }).first().click();
      await heading(family, new RegExp(`Stop sharing with ${THERAPIST.name}`));
      await family.getByText(/past looks? would have been stopped/).waitFor();
      await family.getByText(new RegExp(`${THERAPIST.name}.* can do less in: a part of `)).waitFor();
      await family.getByRole("button", { name: "Stop now" }).click();
      await heading(family, "Who can see what");
    }
    await therapist.goto(`${theirs}/papers`);
    await notShown(therapist);
  });

  await walk.test("the family sees a moment of that while with the therapist’s eyes: the part, nothing beside it, and why", async () => {
    await family.goto(`${record}/then`);
    await family.getByRole("link", { name: "Start with it" }).click();
    await family.getByRole("link", { name: "See it with somebody else’s eyes" }).click();
    await heading(family, "With whose eyes?");
    await family.getByRole("button", { name: "Show it" }).click();
    await family.getByRole("alert").getByText("Pick a person.").waitFor();
    await family.getByRole("radio", { name: new RegExp(THERAPIST.name) }).check();
    await family.getByRole("button", { name: "Show it" }).click();
    await family.getByText(/^You see what .* would have seen: /).waitFor();
    assert.match(new URL(family.url()).pathname, /\/then\/[0-9a-z]{50}$/, "nobody and no day stands in the address");
    const there = family.url();
    await family.getByText("Nothing of this change was open.").waitFor();
    assert.equal(await family.locator("a.room").count(), 1, "one room was open to them");
    assert.equal(await family.locator("a.room .n").innerText(), "1");
    const why = family.locator("details.card").filter({ has: family.locator("summary", { hasText: file.room }) });
    await why.getByText("only a part", { exact: true }).waitFor();
    await why.locator("summary").click();
    await why.getByText("granted-to-account").waitFor();
    await why.getByText(/[0-9a-f-]{36}, version 1$/).waitFor();
    assert.ok((await family.locator("summary").getByText("closed", { exact: true }).count()) > 10);
    await family.goto(`${there}/c/${slug}`);
    const rows = family.locator("#list .rows a");
    assert.deepEqual(await rows.evaluateAll((links) => links.map((link) => link.href.split("/").pop())), [shared]);
    await rows.first().click();
    await heading(family, title);
    await family.goto(`${there}/i/${hidden}`);
    await notShown(family);
    await family.goto(`${there}/c/results`);
    await notShown(family);
    await family.goto(`${there}/papers`);
    await heading(family, "Papers");
    assert.equal(await rows.count(), 0, "no paper was open to them then");
    await family.goto(there);
    await family.getByRole("link", { name: "See it with your own eyes" }).click();
    await family.getByRole("link", { name: "A report" }).waitFor();
    await sees(family, record, "read", "you", "checked what could be seen at another time");
  });

  await walk.test("nobody else sees with the eyes of others", async () => {
    await family.goto(`${record}/then`);
    await family.getByRole("link", { name: "Start with it" }).click();
    const moment = family.url().split("/").pop();
    await therapist.goto(`${theirs}/then/${moment}`);
    await notShown(therapist);
    await therapist.goto(`${theirs}/then/${moment}/as`);
    await notShown(therapist);
  });

  // A page that asks for nothing but the name: what is kept of an earlier page is not it.
  await walk.test("a name is told to others as long as it is shared, and no page longer", async () => {
    await family.goto(record);
    const name = (await family.getByRole("heading", { level: 1 }).innerText()).replace(/’s record$/, "");
    await share(family, record, { find: "Notional", who: new RegExp(THERAPIST.name), rooms: ["Name and address", "Papers"], may: ["add and change"] });
    // What is new for them is on the list of their patients at once.
    await therapist.goto(`${holdfast.site}/work`);
    await therapist.goto(`${theirs}/papers/new`);
    await therapist.getByText(name).first().waitFor();
    await stopSharing(family, record, THERAPIST.name);
    await therapist.goto(`${theirs}/papers/new`);
    assert.ok(!(await therapist.locator("body").innerText()).includes(name));
  });

  await walk.test("what is shared is changed where it stands, and is good for so many visits", async () => {
    await share(family, record, { find: "Notional", who: new RegExp(THERAPIST.name), rooms: [file.room] });
    await family.getByRole("link", { name: /^Details/ }).first().click();
    await family.getByRole("link", { name: "Change", exact: true }).click();
    await heading(family, "Check before you change it");
    await family.getByText("No one sees more or less.").waitFor();
    await family.getByRole("button", { name: "Change How long" }).click();
    await heading(family, "For how long?");
    await family.getByRole("radio", { name: "3 visits of an hour each" }).check();
    await family.getByRole("button", { name: "Next" }).click();
    await heading(family, "Check before you change it");
    await family.locator("#answers").getByText(/3 visits of an hour each/).waitFor();
    await family.getByRole("button", { name: "Change now" }).click();
    await heading(family, "Who can see what");
    await family.getByText("none of 3 used").waitFor();
    await therapist.goto(`${holdfast.site}/work`);
    await therapist.goto(`${theirs}/c/${slug}`);
    await heading(therapist, file.room);
    await therapist.goto(`${theirs}/i/${hidden}`);
    await heading(therapist, other);
    // Marked as never shared since then.
    await therapist.goto(`${theirs}/i/${shared}`);
    await notShown(therapist);
    await family.goto(`${record}/sharing`);
    await family.getByText(/^1 of 3 used, last today /).waitFor();
    await sees(family, record, "sharing", "you", "changed what is shared with");
    await sees(family, record, "sharing", THERAPIST.name, "began a visit");
  });
});
