// A message that names a paper of the record: whoever reads it opens the paper as far as papers are shared with them, and each side's
// look, refused or not, stands on "Who looked".

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { begin, bringIn, heading, keepPaper, notShown, sees, share, visit } from "./steps.mjs";

const TEST = { name: "hearing.txt", mimeType: "text/plain", buffer: Buffer.from("Both ears hear well.\n") };
const TITLE = "Hearing test";
const SUBJECT = "What the hearing test says";
const TEXT = "Here is the test from last week.";

export async function withPaper(walk, { holdfast, browser, file, shape, email, name, practice, colleague, shown = async () => {} }) {
  const [family, therapist] = [await visit(browser, shape), await visit(browser, shape)];
  const team = new RegExp(`${practice}.*its therapists`);
  const attached = (page, text) => page.getByRole("log").getByRole("link", { name: text, exact: true });
  let record;
  let thread;
  let theirs;
  let who;

  await walk.test("a message goes out with a paper of the record", async () => {
    await begin(holdfast, family, email, name);
    await bringIn(holdfast, family, file.path);
    await family.getByRole("link", { name: "Open the record" }).click();
    await heading(family, /’s record$/);
    record = family.url();
    await keepPaper(family, record, TEST, TITLE);
    await heading(family, TITLE);
    await share(family, record, { who: team, rooms: ["Messages"], may: ["add and change"] });
    await family.goto(`${record}/messages/new`);
    await family.getByRole("radio", { name: new RegExp(practice) }).check();
    await family.getByLabel("About", { exact: true }).fill(SUBJECT);
    await family.getByLabel("Your message").fill(TEXT);
    await family.getByText("Add a paper", { exact: true }).click();
    await family.getByRole("checkbox", { name: new RegExp(TITLE) }).check();
    await shown(family, "message-new-paper");
    await family.getByRole("button", { name: /^Send/ }).click();
    await heading(family, SUBJECT);
    thread = new URL(family.url()).pathname.split("/").pop();
    await shown(family, "message-paper");
    await attached(family, TITLE).click();
    await heading(family, TITLE);
  });

  await walk.test("to whom papers are not shared it is a paper, and no more", async () => {
    await holdfast.signIn(therapist, colleague);
    await heading(therapist, "Your patients");
    await therapist.goto(`${holdfast.site}/me`);
    who = await therapist.getByLabel("Your name").inputValue();
    await therapist.goto(`${holdfast.site}/work?show=owed`);
    const rows = therapist.getByRole("link").filter({ hasText: "A patient who shares" });
    for (const row of await rows.evaluateAll((links) => links.map((link) => link.href))) {
      if ((await therapist.request.get(`${row}/messages/${thread}`)).ok()) theirs = row;
    }
    assert.ok(theirs, "no record has the talk");
    await therapist.goto(`${theirs}/messages/${thread}`);
    await heading(therapist, SUBJECT);
    await therapist.getByRole("log").getByText(TEXT).waitFor();
    await attached(therapist, "A paper").click();
    await notShown(therapist);
    await sees(family, record, "refused", who, "tried to open Papers");
    await sees(family, record, "read", who, "read messages");
  });

  await walk.test("once papers are shared it is opened from the message, and each look is told", async () => {
    await share(family, record, { who: team, rooms: ["Papers"], may: ["save a copy"] });
    // Pages within a record may know for half a minute what was shared before; the list asks anew.
    await therapist.goto(`${holdfast.site}/work`);
    await heading(therapist, "Your patients");
    await therapist.goto(`${theirs}/messages/${thread}`);
    await attached(therapist, TITLE).click();
    await heading(therapist, TITLE);
    const arrived = therapist.waitForEvent("download");
    await therapist.getByRole("link", { name: /^Save/ }).click();
    assert.equal(readFileSync(await (await arrived).path(), "utf8"), "Both ears hear well.\n");
    await shown(therapist, "paper-of-message");
    await sees(family, record, "read", who, "read Papers");
    await sees(family, record, "read", who, "saved a paper");
    await sees(family, record, "read", "you", "read Papers");
    await shown(family, "message-paper-looked");
  });
}
