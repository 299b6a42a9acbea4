// The main job: a family brings in a record, reads it, keeps a paper, writes, shares a room with a therapist, sees each look, and stops.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { begin, bringIn, heading, keepPaper, notShown, sees, share, stopSharing, visit, write } from "./steps.mjs";

export const THERAPIST = { name: "Luis Notional", email: "luis.notional@three-rivers.example" };
export const PRACTICE = "Little Quail";
const LETTER = { name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("A letter from school.\n") };

// Gives the family's page, the record's address and its thread for what comes after; `shown` may take pictures.
export async function mainJob(walk, { holdfast, browser, file, shape, email, name, shown = async () => {} }) {
  const family = await visit(browser, shape);
  const therapist = await visit(browser, shape);
  const { path, room } = file;
  let record;
  let slug;
  let theirs;
  let thread;

  await walk.test("a person signs in with an e-mailed link", async () => {
    await family.goto(`${holdfast.site}/sign-in`);
    await shown(family, "sign-in");
    await begin(holdfast, family, email, name);
  });

  await walk.test("a record opens from a real file", async () => {
    await bringIn(holdfast, family, path);
    await family.getByRole("table", { name: "What came in, by kind" }).waitFor();
    // The directory of a family's own record is empty.
    await family.getByRole("heading", { name: "We could not find everyone whom this file names" }).waitFor();
    await family.getByText("1 clinic", { exact: true }).waitFor();
    await family.getByRole("link", { name: "Open the record" }).click();
    await heading(family, /’s record$/);
    record = family.url();
    await shown(family, "record");
  });

  await walk.test("the record is read by category, and one item with its history", async () => {
    await family.getByRole("link", { name: new RegExp(`^${room}`) }).click();
    await heading(family, room);
    await shown(family, "category");
    slug = new URL(family.url()).pathname.split("/").pop();
    await family.locator("#list .rows a").first().click();
    await family.getByRole("heading", { name: "What changed" }).waitFor();
    await family.locator("strong").getByText("Version 1", { exact: true }).waitFor();
    await family.getByText("First came here").waitFor();
    assert.doesNotMatch(await family.locator("main").innerText(), /\d{4}-\d{2}-\d{2}T/, "a moment for machines");
    await shown(family, "item");
  });

  await walk.test("a paper is kept", async () => {
    await keepPaper(family, record, LETTER, "Letter from school");
    await heading(family, "Letter from school");
    await shown(family, "paper");
    await family.goto(`${record}/papers`);
    await family.getByRole("link", { name: /Letter from school/ }).click();
    await heading(family, "Letter from school");
    const arrived = family.waitForEvent("download");
    await family.getByRole("link", { name: /^Save/ }).click();
    assert.equal(readFileSync(await (await arrived).path(), "utf8"), "A letter from school.\n");
  });

  await walk.test("a message goes to the care team", async () => {
    await share(family, record, { who: new RegExp(`${PRACTICE}.*its therapists`), rooms: ["Messages"], may: ["add and change"] });
    await write(family, record, new RegExp(PRACTICE), "A question about the next visit", "Can we come at nine?");
    thread = new URL(family.url()).pathname.split("/").pop();
    await shown(family, "message");
  });

  await walk.test("a therapist is given one category until a date", async () => {
    const until = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
    await share(family, record, { find: "Notional", who: new RegExp(THERAPIST.name), rooms: [room], until });
    const given = family.getByRole("listitem").filter({ has: family.getByRole("heading", { name: THERAPIST.name }) });
    await given.getByText("can see now").first().waitFor();
    await given.getByText(room).first().waitFor();
    await shown(family, "sharing");
  });

  await walk.test("“Who looked” says each of these acts", async () => {
    await sees(family, record, "change", "you", "brought in a file");
    await sees(family, record, "read", "you", `read ${room}`);
    await sees(family, record, "change", "you", "sent a paper in full");
    await sees(family, record, "read", "you", "saved a paper");
    await sees(family, record, "change", "you", "began a talk");
    await sees(family, record, "sharing", "you", `shared ${room} with ${THERAPIST.name}`);
  });

  await walk.test("the therapist sees that category and no other, and the family sees the look", async () => {
    await holdfast.signIn(therapist, THERAPIST.email);
    await therapist.goto(`${holdfast.site}/work`);
    await heading(therapist, "Your patients");
    const row = therapist.getByRole("link").filter({ hasText: `${room} · shared until` }).first();
    assert.match(await row.locator(".name").innerText(), new RegExp(`^A patient who shares ${room} with you$`));
    await row.click();
    await heading(therapist, /’s record/);
    theirs = therapist.url();
    assert.equal(await therapist.getByRole("link", { name: "Who looked" }).count(), 0, "that is for the family");
    await therapist.goto(`${theirs}/c/${slug}`);
    await heading(therapist, room);
    assert.ok((await therapist.locator("#list .rows li").count()) > 0);
    await therapist.goto(`${theirs}/c/results`);
    await notShown(therapist);
    await sees(family, record, "read", THERAPIST.name, `opened the list of ${room}`);
    // Whoever comes here comes to see who looked: that begins on the first screen.
    await family.evaluate(() => window.scrollTo(0, 0));
    const { y } = await family.locator(".look").first().boundingBox();
    const { innerHeight } = await family.evaluate(() => ({ innerHeight }));
    assert.ok(y < innerHeight - 80, `the first look begins at ${y} of ${innerHeight}`);
    await shown(family, "looked");
  });

  await walk.test("after the sharing is stopped the therapist is refused, and the family sees that", async () => {
    await stopSharing(family, record, THERAPIST.name);
    await sees(family, record, "sharing", "you", `stopped sharing with ${THERAPIST.name}`);
    await therapist.goto(`${theirs}/c/${slug}`);
    await notShown(therapist);
    await shown(therapist, "refused");
    await sees(family, record, "refused", THERAPIST.name, `tried to open ${room}`);
    await shown(family, "looked-refused");
  });

  return { family, therapist, record, slug, thread };
}
