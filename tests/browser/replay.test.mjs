// Looking back, on the whole product: the record as it was known, as it had happened, and its changes one by one; on a desk, on a phone
// and by keyboard; by a family, and by a therapist who sees one room.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Holdfast } from "./holdfast.mjs";
import { changed, own } from "./walks/bundle.mjs";
import { PRACTICE, THERAPIST } from "./walks/main-job.mjs";
import { browser, files, holdfast, shown, stage } from "./walks/stage.mjs";
import { begin, bringIn, heading, keepPaper, notShown, sees, share, stopSharing, visit, write } from "./walks/steps.mjs";

const PHONE = { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true };
const SHOTS = 9;
const LETTER = { name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from("A letter from school.\n") };

stage();

const step = (page) => page.getByRole("region", { name: /^What changed last/ });
const number = async (page) => (await step(page).getByText(/^\d+ of \d+$/).innerText()).split(" of ").map(Number);
const text = (locator) => locator.evaluate((one) => one.innerText.replace(/\s+/g, " "));

// A record with a file, the same file changed, one entry taken back, and another name.
async function filled(page, { email, name }) {
  const file = own(files);
  await begin(holdfast, page, email, name);
  await page.goto(`${holdfast.site}/people/new`);
  await bringIn(holdfast, page, file.path);
  await page.getByRole("link", { name: "Open the record" }).click();
  await heading(page, /’s record$/);
  const record = page.url();
  await page.goto(`${record}/import`);
  await page.getByLabel("The file").setInputFiles(changed(file, files));
  await page.getByRole("button", { name: "Bring it in" }).click();
  await heading(page, /^0 new, [1-9]\d* changed/);
  await page.goto(`${record}/c/goals`);
  await page.getByRole("link", { name: /Takes turns/ }).click();
  await page.getByText("Is it here by mistake?").click();
  await page.getByLabel("Why is it a mistake?").fill("It was written for her brother.");
  await page.getByRole("button", { name: "Mark as a mistake" }).click();
  await page.getByText("Its source took this back.").waitFor();
  await page.goto(`${record}/details`);
  await page.getByLabel("Phone").fill("555-0177");
  await page.getByRole("button", { name: "Save" }).click();
  await heading(page, /’s record$/);
  return record;
}

async function lookBack(walk, { email, name, shape }) {
  const page = await visit(browser, shape);
  const on = shape ? "phone" : "desk";
  const record = await filled(page, { email, name });

  await walk.test("the record leads there, and asks which moment", async () => {
    await page.goto(record);
    await page.getByRole("link", { name: "See it as it was" }).click();
    await heading(page, "See the record as it was");
    await shown(page, `then-${on}`);
  });

  await walk.test("its changes are stepped through from the newest to the first", async () => {
    await page.getByRole("link", { name: "Start with it" }).click();
    await heading(page, /’s record/);
    const [newest, count] = await number(page);
    assert.equal(newest, count);
    assert.ok(count >= 4, `only ${count} changes`);
    await page.getByText("This is the newest change.").waitFor();
    assert.match(await text(step(page)), /Who .*, you .*changed.*Name, address, phone.*Phone.*After: 555-0177/);
    await shown(page, `then-person-${on}`);

    await page.getByRole("link", { name: "The change before" }).click();
    await step(page).getByText("taken back", { exact: true }).waitFor();
    assert.match(await text(step(page)), /Takes turns in a game.*It was written for her brother\./);
    assert.deepEqual(await number(page), [newest - 1, count]);
    await shown(page, `then-retracted-${on}`);

    await page.getByRole("link", { name: "The change before" }).click();
    await step(page).getByText("After: Looked at again.").first().waitFor();
    assert.equal(await step(page).locator(".changed > li").count(), SHOTS);
    assert.match(await text(step(page)), /with a file/);
    await shown(page, `then-changed-${on}`);

    await page.getByRole("link", { name: "The change before" }).click();
    await page.getByText("This is the first change.").waitFor();
    assert.equal((await number(page))[0], 1);
    await step(page).getByText("new", { exact: true }).first().waitFor();
    await shown(page, `then-imported-${on}`);
    await page.getByRole("link", { name: "The next change" }).click();
    assert.equal((await number(page))[0], 2);
    await page.goBack();
    assert.equal((await number(page))[0], 1, "the way back is a page like any other");
  });

  await walk.test("rooms and entries stand as they were, and today as they are", async () => {
    await page.getByRole("link", { name: /^Goals/ }).click();
    await heading(page, "Goals");
    await page.getByText("You see what was known here:").waitFor();
    assert.equal(await page.locator("#list .struck").count(), 0, "it was not taken back yet");
    await shown(page, `then-room-${on}`);
    await page.getByRole("link", { name: /Takes turns/ }).click();
    await heading(page, "Takes turns in a game");
    await page.locator("strong").getByText("Version 1", { exact: true }).waitFor();
    assert.equal(await page.locator("strong").getByText("Version 2", { exact: true }).count(), 0, "what came later was not there");
    assert.equal(await page.getByText("It was written for her brother.").count(), 0);
    await shown(page, `then-item-${on}`);
    await page.getByRole("link", { name: "Show it as it is now" }).click();
    await page.getByText("It was written for her brother.").first().waitFor();
    await page.getByRole("link", { name: /^See what changed.*Version 2$/ }).click();
    await step(page).getByText("taken back", { exact: true }).waitFor();
  });

  await walk.test("no date, name or search stands in an address", async () => {
    assert.match(new URL(page.url()).pathname, /^\/r\/[0-9a-z]{16}\/then\/[0-9a-z]{24}$/);
    assert.equal(new URL(page.url()).search, "");
    assert.match(await page.title(), /^Looking back · \p{L} – Holdfast$/u);
  });

  const pick = async ({ date, time = "", way, known = "" }) => {
    await page.goto(`${record}/then`);
    await page.getByLabel("As known here on the day").fill(known);
    await page.getByLabel("Day", { exact: true }).fill(date);
    await page.getByLabel(/^Time/).fill(time);
    if (way) await page.getByRole("radio", { name: way }).check();
    await page.getByRole("button", { name: "Show it" }).click();
  };

  await walk.test("by a day before it came, nothing was known, and much had happened", async () => {
    await pick({ date: "2025-12-31" });
    await heading(page, /’s record/);
    await page.getByText("Nothing was here at that time").waitFor();
    await page.getByRole("link", { name: "The next change" }).waitFor();
    await shown(page, `then-before-${on}`);
    await page.getByRole("link", { name: "Show what had happened by then" }).click();
    await page.getByText("You see what had happened by then, as we know it today:").waitFor();
    const shots = page.getByRole("link", { name: /^Shots/ });
    assert.match(await text(shots), new RegExp(`${SHOTS}$`));
    await shown(page, `then-happened-${on}`);
    await pick({ date: "2020-12-31", time: "15:30", way: /^What had happened by then/ });
    assert.match(await text(page.getByRole("link", { name: /^Shots/ })), /4$/, "five came in later years");
    await page.getByRole("link", { name: /^Shots/ }).click();
    await heading(page, "Shots");
    assert.equal(await page.locator("#list .rows li").count(), 4);
  });

  await walk.test("what had happened by one day is shown as it was known on another", async () => {
    const way = /^What had happened by then/;
    await pick({ date: "2020-12-31", way, known: new Date().toLocaleDateString("en-CA") });
    await page.getByText(/^You see what had happened by .* as it was known here on /).waitFor();
    assert.match(await text(page.getByRole("link", { name: /^Shots/ })), /4$/, "as we know it today");
    assert.match(new URL(page.url()).pathname, /^\/r\/[0-9a-z]{16}\/then\/[0-9a-z]{37}$/);
    await shown(page, `then-both-${on}`);
    await page.getByRole("link", { name: /^Shots/ }).click();
    assert.equal(await page.locator("#list .rows li").count(), 4);
    await page.locator("#list .rows a").first().click();
    await page.getByText(/^You see what had happened by .* as it was known here on /).waitFor();
    await pick({ date: "2020-12-31", way, known: "2025-12-31" });
    await page.getByText("Nothing was here at that time").waitFor();
    await page.getByRole("link", { name: "Show what had happened by then" }).click();
    assert.match(await text(page.getByRole("link", { name: /^Shots/ })), /4$/, "it came in later");
    await pick({ date: "2025-12-31", known: "2025-12-30" });
    await page.getByRole("alert").getByText("A second day goes with “What had happened by then”").waitFor();
    assert.equal(await page.getByLabel("As known here on the day").inputValue(), "2025-12-30");
    await shown(page, `then-wrong-known-${on}`);
  });

  await walk.test("a moment that has not been is asked for again, and what was typed is kept", async () => {
    await pick({ date: "2031-01-01", time: "10:00" });
    await page.getByRole("alert").getByText("Pick a day that is not after today.").waitFor();
    assert.equal(await page.getByLabel(/^Time/).inputValue(), "10:00");
    assert.equal(await page.getByLabel("Day", { exact: true }).inputValue(), "2031-01-01");
    await shown(page, `then-wrong-${on}`);
    await pick({ date: "" });
    await page.getByRole("alert").getByText("Pick a day that is not after today.").waitFor();
  });

  await walk.test("a moment of another record or of nobody opens nothing", async () => {
    for (const moment of ["0".repeat(24), "now", "2025-12-31"]) {
      await page.goto(`${record}/then/${moment}`);
      await notShown(page);
    }
  });

  await walk.test("in the other language it is all there", async () => {
    await page.goto(`${record}/then`);
    await page.getByRole("button", { name: "Español" }).click();
    await heading(page, "Ver el historial como era antes");
    await page.getByRole("link", { name: "Empezar por él" }).click();
    await page.getByText("Lo último que cambió").waitFor();
    await page.getByText("Teléfono", { exact: true }).first().waitFor();
    await shown(page, `then-es-${on}`);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByText("What changed last").waitFor();
  });

  await walk.test("papers and messages are changes like any other, and stand as they were", async () => {
    await keepPaper(page, record, LETTER, "Letter from school");
    await heading(page, "Letter from school");
    const paper = page.url();
    await share(page, record, { who: new RegExp(`${PRACTICE}.*its therapists`), rooms: ["Messages"], may: ["add and change"] });
    await write(page, record, new RegExp(PRACTICE), "A question about the next visit", "Can we come at nine?");
    await page.goto(paper);
    await page.getByText("Take it back", { exact: true }).click();
    await page.getByLabel("Why?").fill("It belongs to her brother.");
    await page.getByRole("button", { name: "Take this paper back" }).click();
    await page.getByText("This paper was taken back.").waitFor();

    await page.goto(`${record}/then`);
    await page.getByRole("link", { name: "Start with it" }).click();
    const [newest, count] = await number(page);
    assert.equal(newest, count);
    assert.match(await text(step(page)), /Who .*, you .*taken back from the papers.*taken back Papers Letter from school.*It belongs to her brother\./);
    await shown(page, `then-paper-back-${on}`);
    await page.getByRole("link", { name: "Papers then" }).click();
    await heading(page, "Papers");
    await page.getByText("Nothing of this kind at that time").waitFor();
    await page.getByRole("link", { name: "The whole record then" }).click();

    await page.getByRole("link", { name: "The change before" }).click();
    await step(page).getByText("Can we come at nine?").waitFor();
    assert.match(await text(step(page)), /Who .*, you .*written as a message.*new Messages A question about the next visit/);
    assert.deepEqual(await number(page), [newest - 1, count]);
    await shown(page, `then-message-${on}`);
    await page.getByRole("link", { name: "A question about the next visit" }).click();
    await heading(page, "A question about the next visit");
    await page.getByText("You see what was known here:").waitFor();
    await page.getByRole("list", { name: "Messages, oldest first" }).getByText("Can we come at nine?").waitFor();
    await shown(page, `then-thread-${on}`);
    await page.getByRole("link", { name: "The whole record then" }).click();

    await page.getByRole("link", { name: "The change before" }).click();
    await step(page).getByText("handed in as a paper").waitFor();
    await page.getByRole("link", { name: "Messages then" }).click();
    await page.getByText("Nothing of this kind at that time").waitFor();
    await page.getByRole("link", { name: "The whole record then" }).click();
    await page.getByRole("link", { name: "Papers then" }).click();
    await page.getByRole("link", { name: /Letter from school/ }).click();
    await heading(page, "Letter from school");
    await page.getByText("You see what was known here:").waitFor();
    assert.equal(await page.getByText("It belongs to her brother.").count(), 0, "it was not taken back yet");
    assert.equal(await page.locator("strong").getByText("Version 2", { exact: true }).count(), 0);
    const arrived = page.waitForEvent("download");
    await page.getByRole("link", { name: "Save the file" }).click();
    assert.equal(readFileSync(await (await arrived).path(), "utf8"), "A letter from school.\n");
    await shown(page, `then-paper-${on}`);
    await page.getByRole("link", { name: "Show it as it is now" }).click();
    await page.getByText("It belongs to her brother.").first().waitFor();
    await sees(page, record, "read", "you", "looked back at how the papers changed");
    await stopSharing(page, record, PRACTICE);
  });
  return { page, record };
}

test("looking back", { timeout: 600_000 }, async (walk) => {
  const somebody = { email: "frieda.beispielhaft@families.example", name: "Frieda Beispielhaft" };
  const { page, record } = await lookBack(walk, somebody);
  await walk.test("on a phone", (phone) => lookBack(phone, {
    email: "franz.beispielhaft@families.example", name: "Franz Beispielhaft", shape: PHONE,
  }));

  await walk.test("by keyboard alone", async () => {
    await page.goto(`${record}/then`);
    await page.getByLabel("Day", { exact: true }).focus();
    await page.keyboard.type("12312025");
    for (let at = 0; at < 12 && !(await page.getByRole("button", { name: "Show it" }).evaluate((one) => one === document.activeElement)); at += 1) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.getByText("Nothing was here at that time").waitFor();
  });

  await walk.test("a new record has nothing to look back on, and says so", async () => {
    await page.goto(`${holdfast.site}/people/new`);
    const form = page.getByRole("region", { name: "Open an empty record" });
    await form.getByRole("radio", { name: "My child’s" }).check();
    await form.getByLabel("First name").fill("Pip");
    await form.getByLabel("Last name").fill("Beispiel");
    await form.getByLabel("Birth date").fill("3 3 2020");
    await form.getByRole("button", { name: "Open the record" }).click();
    await heading(page, "Pip Beispiel’s record");
    await page.getByRole("link", { name: "See it as it was" }).click();
    await page.getByRole("link", { name: "Start with it" }).click();
    assert.deepEqual(await number(page), [1, 1], "its name was the first change");
  });

  await walk.test("a therapist looks back on what was open to them then and still is, and the family sees the look", async () => {
    await share(page, record, { find: "Notional", who: new RegExp(THERAPIST.name), rooms: ["Goals"] });
    await page.goto(`${record}/c/goals`);
    await page.getByRole("link", { name: /Waits for two minutes/ }).click();
    await page.getByText("Is it here by mistake?").click();
    await page.getByLabel("Why is it a mistake?").fill("It was written twice.");
    await page.getByRole("button", { name: "Mark as a mistake" }).click();
    await page.getByText("Its source took this back.").waitFor();
    const therapist = await visit(browser);
    await holdfast.signIn(therapist, THERAPIST.email);
    await therapist.getByRole("link").filter({ hasText: "A patient who shares Goals with you" }).first().click();
    await heading(therapist, /’s record/);
    const theirs = therapist.url();
    await therapist.getByRole("link", { name: "See it as it was" }).click();
    await therapist.getByRole("link", { name: "Start with it" }).click();
    await step(therapist).getByText("It was written twice.").waitFor();
    assert.equal((await number(therapist))[1], 3, "of five changes three were in this room");
    assert.equal(await therapist.getByText("555-0177").count(), 0);
    assert.equal(await therapist.locator("a.room").count(), 1);
    await therapist.getByText("You see what was open to you then and still is today.").waitFor();
    assert.equal(await therapist.getByRole("link", { name: "See it with somebody else’s eyes" }).count(), 0);
    await shown(therapist, "then-therapist");
    const here = therapist.url();
    await therapist.goto(`${here}/c/immunizations`);
    await notShown(therapist);
    await therapist.goto(here);
    await therapist.getByRole("link", { name: "The change before" }).click();
    await step(therapist).getByText("Nothing of this change was open.").waitFor();
    assert.equal(await therapist.locator("a.room").count(), 0, "it was not shared yet");
    await sees(page, record, "read", THERAPIST.name, "looked back at how Goals changed");
    const moment = here.split("/").pop();
    await page.goto(`${record}/then/${moment}`);
    await notShown(page);
    assert.notEqual(theirs, record);
  });

  await walk.test("the family sees the same moment with the therapist’s eyes, and why", async () => {
    await page.goto(`${record}/then`);
    await page.getByRole("link", { name: "Start with it" }).click();
    await page.getByRole("link", { name: "See it with somebody else’s eyes" }).click();
    await heading(page, "With whose eyes?");
    await page.getByRole("radio", { name: new RegExp(THERAPIST.name) }).check();
    await page.getByRole("button", { name: "Show it" }).click();
    await page.getByText(/^You see what .* would have seen: /).waitFor();
    await heading(page, /’s record/);
    await step(page).getByText("It was written twice.").waitFor();
    assert.equal(await page.locator("a.room").count(), 1);
    const why = page.locator("details.card").filter({ has: page.locator("summary", { hasText: "Goals" }) });
    await why.getByText("open", { exact: true }).waitFor();
    await why.locator("summary").click();
    await why.getByText("shared with this person (granted-to-account)").waitFor();
    await shown(page, "then-with-eyes");
    await page.getByRole("link", { name: "The change before" }).click();
    await step(page).getByText("Nothing of this change was open.").waitFor();
    await page.getByRole("button", { name: "Español" }).click();
    await page.getByText(/^Ve lo que habría visto /).waitFor();
    await page.getByRole("button", { name: "English" }).click();
    await page.getByText(/^You see what .* would have seen: /).waitFor();
  });
});
