// What a family does beyond the main job: an item's versions, a mistake, live messages, its own settings, and ways out.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../holdfast.mjs";
import { changed } from "./bundle.mjs";
import { heading, notShown, visit } from "./steps.mjs";

const HANDLERS = join(root, "services/gateway/src/handlers");
// Answers that are no page.
// Nothing is marked as never shared here: the page of a mark is looked at in the gallery. No family opens a record in an emergency:
// that page has a walk of its own. Nobody acts here whom somebody could end. In a record that stands free nothing is kept by a practice:
// what is proposed has a walk of its own, too.
const NO_PAGE = [/\/propose$/, /\/\{proposal\}$/, /\/\{authority\}\/end$/, /\/emergency$/, /\/live$/, /\/file$/, /\/proof$/, /\/uploads(\/|$)/, /\/(close|withdraw)$/, /\/\{mark\}$/, /\/\{treatment\}(\/end)?$/];

// Every address under a record, as the handlers' sources name them.
function addresses() {
  const sources = readdirSync(HANDLERS, { recursive: true }).filter((name) => name.endsWith(".rs"));
  const text = sources.map((name) => readFileSync(join(HANDLERS, name), "utf8")).join("\n");
  const found = [...text.matchAll(/route\(\s*"(\/r\/\{r\}[^"]*)"/g)].map((one) => one[1]);
  assert.ok(found.length > 20, `only ${found.length} addresses`);
  return found.filter((address) => !NO_PAGE.some((kind) => kind.test(address)));
}

export async function further(walk, { holdfast, browser, files, file, family, record, slug, thread, email, colleague }) {
  let item;
  let grant;

  await walk.test("an item keeps its versions, and is seen as it was", async () => {
    await family.goto(`${record}/import`);
    await family.getByLabel("The file").setInputFiles(changed(file, files));
    await family.getByRole("button", { name: "Bring it in" }).click();
    await heading(family, /^0 new, [1-9]\d* changed/);
    await family.goto(`${record}/c/${slug}`);
    await family.locator("#list .rows a").first().click();
    item = family.url();
    await family.locator("strong").getByText("Version 2", { exact: true }).waitFor();
    await family.getByText("Looked at again.").waitFor();
    await family.locator("strong").getByText("Version 1", { exact: true }).waitFor();
    await family.getByText("See it as it was on a day").click();
    const now = new Date();
    const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
    await family.getByLabel("Day", { exact: true }).fill(day);
    await family.getByRole("button", { name: "Show that day" }).click();
    await family.getByText(/^You see it as it was on/).waitFor();
    await family.getByRole("link", { name: "Show it as it is now" }).click();
    await family.getByText("See it as it was on a day").click();
    await family.getByLabel("Day", { exact: true }).fill("2001-01-01");
    await family.getByRole("button", { name: "Show that day" }).click();
    await notShown(family);
  });

  await walk.test("a mistake stays, struck through, with its reason", async () => {
    await family.goto(item);
    await family.getByText("Is it here by mistake?").click();
    await family.getByRole("button", { name: "Mark as a mistake" }).click();
    await family.getByRole("alert").getByText("Say in a few words why.").waitFor();
    await family.getByLabel("Why is it a mistake?").fill("It was somebody else’s.");
    await family.getByRole("button", { name: "Mark as a mistake" }).click();
    await family.getByText("Its source took this back.").waitFor();
    await family.getByText("It was somebody else’s.").waitFor();
    await family.locator("strong").getByText("Version 3", { exact: true }).waitFor();
  });

  await walk.test("a message arrives while the page is open", async () => {
    const therapist = await visit(browser);
    await holdfast.signIn(therapist, colleague);
    await therapist.goto(`${holdfast.site}/work?show=owed`);
    // Who shares nothing but messages has no name here: the talk is found by its own address.
    const unnamed = therapist.getByRole("link").filter({ hasText: "A patient who shares Messages with you" });
    const rows = await unnamed.evaluateAll((links) => links.map((link) => link.href));
    await family.goto(`${record}/messages/${thread}`);
    await family.getByRole("log").waitFor();
    const answers = await Promise.all(rows.map((row) => therapist.request.get(`${row}/messages/${thread}`)));
    const theirs = rows[answers.findIndex((answer) => answer.ok())];
    await therapist.goto(`${theirs}/messages/${thread}`);
    await therapist.getByLabel("Your message").fill("Nine is fine.");
    await therapist.getByRole("button", { name: "Send", exact: true }).click();
    await therapist.getByRole("log").getByText("Nine is fine.").waitFor();
    await family.getByRole("log").getByText("Nine is fine.").waitFor();
    assert.equal(await family.getByRole("log").getByText("Nine is fine.").count(), 1);
  });

  await walk.test("who works here reaches their own child's record, and from there their work", async () => {
    const page = await visit(browser);
    await holdfast.signIn(page, colleague);
    await heading(page, "Your patients");
    const more = page.getByRole("navigation", { name: "Rooms of the record" });
    await more.getByRole("link", { name: "Whose record?" }).click();
    await heading(page, "Whose record?");
    await page.getByRole("link", { name: "Add a person" }).click();
    const form = page.getByRole("region", { name: "Open an empty record" });
    await form.getByRole("radio", { name: "My child’s" }).check();
    await form.getByLabel("First name").fill("Pip");
    await form.getByLabel("Last name").fill("Beispiel");
    await form.getByLabel("Birth date").fill("3 3 2020");
    await form.getByRole("button", { name: "Open the record" }).click();
    await heading(page, "Pip Beispiel’s record");
    await more.getByRole("link", { name: "Home" }).click();
    await heading(page, /^Good /);
    await page.getByText("Pip Beispiel’s record").waitFor();
    await more.getByRole("link", { name: "Work" }).click();
    await heading(page, "Your patients");
    assert.equal(await page.getByText("Pip Beispiel").count(), 0);
    await more.getByRole("link", { name: "Whose record?" }).click();
    await page.getByRole("link", { name: /Pip Beispiel/ }).waitFor();
  });

  await walk.test("every page of a record says in its heading whose it is", async () => {
    await family.goto(record);
    const name = (await family.getByRole("heading", { level: 1 }).innerText()).replace(/’s record[\s\S]*/, "");
    await family.goto(`${record}/sharing`);
    grant = (await family.getByRole("link", { name: /^Details/ }).first().getAttribute("href")).split("/").pop();
    await family.goto(`${record}/papers`);
    const paper = (await family.locator("#list .rows a").first().getAttribute("href")).split("/").pop();
    await family.goto(`${record}/then`);
    const moment = (await family.getByRole("link", { name: "Start with it" }).getAttribute("href")).split("/").pop();
    const parts = { moment, r: record.split("/").pop(), category: slug, item: item.split("/").pop(), thread, grant, paper };
    for (const address of addresses()) {
      const path = address.replaceAll(/\{(\w+)\}/g, (_, part) => parts[part] ?? assert.fail(`${address}: no ${part}`));
      await family.goto(`${holdfast.site}${path}`);
      await heading(family, name);
      await family.getByRole("region", { name: "Whose record this is" }).getByText(name).waitFor();
    }
  });

  await walk.test("settings are kept", async () => {
    await family.goto(`${holdfast.site}/me`);
    await family.getByLabel("Your name").fill("Hanna B.");
    await family.getByRole("radio", { name: "Español" }).check();
    await family.getByRole("radio", { name: /^Large/ }).check();
    await family.getByRole("button", { name: "Save" }).click();
    await heading(family, "Ajustes");
    assert.equal(await family.locator("html").getAttribute("data-size"), "large");
    assert.equal(await family.locator("#name").inputValue(), "Hanna B.");
    await family.getByRole("button", { name: "English" }).click();
    await heading(family, "Settings");
    await family.getByRole("radio", { name: "Usual" }).check();
    await family.getByRole("button", { name: "Save" }).click();
    await family.getByText("Saved", { exact: true }).waitFor();
  });

  await walk.test("a session ends from another device, on leaving, and everywhere at once", async () => {
    const [phone, tablet] = [await visit(browser), await visit(browser)];
    for (const page of [phone, tablet]) {
      await holdfast.signIn(page, email);
      await heading(page, /^Good /);
    }
    await tablet.getByRole("button", { name: "Sign out", exact: true }).click();
    await heading(tablet, "You are signed out");
    await tablet.goto(`${record}`);
    await heading(tablet, "Your record, in your hands");

    await phone.goto(`${holdfast.site}/me`);
    await phone.getByRole("button", { name: "Sign out everywhere" }).click();
    await heading(phone, "You are signed out");
    for (const page of [phone, family]) {
      await page.goto(`${holdfast.site}/me`);
      await heading(page, "Your record, in your hands");
    }
  });
}
