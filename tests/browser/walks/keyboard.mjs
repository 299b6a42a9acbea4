// The main job by keyboard alone: Tab to what is wanted, Enter or Space on it, letters into a field, arrows among choices of which one holds.

import assert from "node:assert/strict";
import { heading, visit } from "./steps.mjs";

const STOPS_MAX = 150;
const LETTER = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("A note from school.\n") };

// Presses a key until the focus is where `arrived` says; nothing else moves it.
async function until(page, key, what, arrived) {
  for (let press = 0; press < STOPS_MAX; press += 1) {
    await page.keyboard.press(key);
    if (await arrived()) return;
  }
  assert.fail(`${key} does not reach ${what} at ${new URL(page.url()).pathname}`);
}

async function reach(page, wanted) {
  await wanted.first().waitFor();
  await until(page, "Tab", wanted, () => wanted.evaluateAll((all) => all.includes(document.activeElement)));
}

async function press(page, wanted, key = "Enter") {
  await reach(page, wanted);
  await page.keyboard.press(key);
}

async function type(page, field, text) {
  await reach(page, field);
  await page.keyboard.type(text);
}

async function choose(page, radio) {
  await radio.waitFor();
  const inGroup = (one) => document.activeElement?.name === one.name && document.activeElement.form === one.form;
  await until(page, "Tab", radio, () => radio.evaluate(inGroup));
  const chosen = () => radio.evaluate((one) => one === document.activeElement);
  if (!await chosen()) await until(page, "ArrowDown", radio, chosen);
  await page.keyboard.press("Space");
  assert.ok(await radio.isChecked());
}

async function tick(page, box) {
  await press(page, box, "Space");
  assert.ok(await box.isChecked());
}

async function pick(page, field, file) {
  const asked = page.waitForEvent("filechooser");
  await press(page, field);
  await (await asked).setFiles(file);
}

export async function byKeyboard(walk, { holdfast, browser, file, email, name, practice }) {
  const page = await visit(browser);
  const link = (own) => page.getByRole("link", { name: own });
  const tab = (own) => page.getByRole("navigation", { name: "Rooms of the record" }).getByRole("link", { name: own });
  const button = (own) => page.getByRole("button", { name: own });
  const field = (own) => page.getByLabel(own);

  await walk.test("signing in", async () => {
    await page.goto(`${holdfast.site}/sign-in`);
    await type(page, field("E-mail"), email);
    const mailed = holdfast.terminal(/^ {2}sign in: (\S+)/);
    await page.keyboard.press("Enter");
    await heading(page, "Check your mail");
    await page.goto(await mailed);
    await press(page, button("Yes, sign me in"));
    await heading(page, "What should we call you?");
    await type(page, field("Your name"), name);
    await press(page, button("Save"), "Space");
    await heading(page, "Whose record?");
  });

  await walk.test("bringing in a record", async () => {
    await press(page, page.getByRole("main").locator('a[href="/people/new"]'));
    const form = page.getByRole("region", { name: "Bring in a file" });
    await choose(page, form.getByRole("radio", { name: "My child’s" }));
    await pick(page, form.getByLabel("The file"), file.path);
    await press(page, form.getByRole("button", { name: "Bring it in" }));
    await page.getByRole("table", { name: "What came in, by kind" }).waitFor();
    await press(page, link("Open the record"));
    await heading(page, /’s record$/);
  });

  await walk.test("opening a room and an entry of it", async () => {
    await press(page, link(new RegExp(`^${file.room}`)));
    await heading(page, file.room);
    await press(page, page.locator("#list .rows a").first());
    await page.getByRole("heading", { name: "What changed" }).waitFor();
  });

  await walk.test("keeping a paper", async () => {
    await press(page, tab(/^Papers/));
    await press(page, link("Add a paper"));
    await pick(page, page.getByLabel("File", { exact: true }), LETTER);
    await type(page, field("Name for this paper"), "A note by hand");
    await choose(page, page.getByRole("radio", { name: "Papers" }));
    await press(page, button("Send it"));
    await heading(page, "A note by hand");
  });

  await walk.test("sharing until a day", async () => {
    await press(page, tab(/^Sharing/));
    await press(page, page.getByRole("link", { name: "Share", exact: true }));
    await heading(page, "Who do you want to share with?");
    await choose(page, page.getByRole("radio", { name: new RegExp(`${practice}.*its therapists`) }));
    await press(page, button("Next"));
    await heading(page, "What may they see?");
    await tick(page, page.getByRole("checkbox", { name: "Messages", exact: true }));
    await press(page, button("Next"));
    await heading(page, "What for, and what may they do?");
    await tick(page, page.getByRole("checkbox", { name: "add and change", exact: true }));
    await press(page, button("Next"));
    await heading(page, "For how long?");
    await choose(page, page.getByRole("radio", { name: "Until a day I choose" }));
    const [year, month, day] = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10).split("-");
    await type(page, field("Until this day"), `${month}${day}${year}`);
    assert.equal(await field("Until this day").inputValue(), `${year}-${month}-${day}`);
    await press(page, button("Next"));
    await heading(page, "Check before you share");
    await press(page, button("Share now"));
    await heading(page, "Who can see what");
    await page.getByText("can see now").first().waitFor();
  });

  await walk.test("writing a message", async () => {
    await press(page, tab(/^Messages/));
    await press(page, link("New message"));
    await choose(page, page.getByRole("radio", { name: new RegExp(practice) }));
    await type(page, page.getByLabel("About", { exact: true }), "Written by hand");
    await type(page, field("Your message"), "No mouse was needed.");
    await press(page, button(/^Send/));
    await heading(page, "Written by hand");
    await page.getByRole("log").getByText("No mouse was needed.").waitFor();
  });

  await walk.test("seeing who looked", async () => {
    await press(page, link("Who looked"));
    await heading(page, "Who looked");
    // Nobody else has looked.
    await press(page, page.getByRole("main").locator('a[href*="who=me"]').first());
    await page.locator(".look").filter({ hasText: "began a talk" }).waitFor();
  });

  await walk.test("stopping the sharing", async () => {
    await press(page, tab(/^Sharing/));
    await press(page, link(new RegExp(`^Stop .*${practice}`)));
    await heading(page, /Stop sharing with/);
    await press(page, button("Stop now"));
    await heading(page, "Who can see what");
    await page.getByText("Only your care team").waitFor();
  });
}
