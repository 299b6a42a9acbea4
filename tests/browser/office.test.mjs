// The privacy officer asks why a look and a refusal were decided so, and what would be decided if somebody asked; none of it in an address.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { addressOf, browser, holdfast, shown, stage } from "./walks/stage.mjs";
import { heading, notShown, visit } from "./walks/steps.mjs";

const PATIENCE_MS = 30_000;

stage({ up: { env: { ...process.env, HOLDFAST_AUDIT_DOWNLOAD_ENTRIES_MAX: "2000" } } });

test("the officer asks why", { timeout: 400_000 }, async (walk) => {
  const front = await visit(browser);
  await holdfast.signIn(front, addressOf(/front desk/));
  await front.locator("#list .rows a").first().click();
  await heading(front, /’s record/);
  await front.goto(`${front.url()}/c/notes`);
  await notShown(front);

  const page = await visit(browser);
  await holdfast.signIn(page, addressOf(/compliance officer/));
  const fact = (label) => page.locator(".facts > div").filter({ has: page.getByText(label, { exact: true }) }).locator("dd").first();
  const why = async (actor, kind) => {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      await page.goto(`${holdfast.site}/office`);
      await page.getByLabel("Person or program").fill(actor);
      await page.getByRole("checkbox", { name: kind, exact: true }).check();
      await page.getByRole("button", { name: "Find", exact: true }).click();
      await page.locator("#found-title").waitFor();
      const row = page.locator("tbody tr").filter({ hasText: "Visit notes" }).or(page.locator("tbody tr").filter({ hasText: "opened the record" }));
      const button = row.getByRole("button", { name: /^Why\?/ }).first();
      if (await button.count()) return button.click();
      assert.ok(Date.now() < deadline, await page.locator("main").innerText());
    }
  };
  let record;

  await walk.test("a refusal rests on rules, and the log leads there again", async () => {
    await why("Fauxworth", "Refused");
    await heading(page, "Why was it decided so?");
    await page.getByText("Decided again from the log: the same").waitFor();
    assert.equal(await fact("Outcome").innerText(), "refused");
    assert.match(await fact("Rule book (SHA-256)").innerText(), /^[0-9a-f]{64}$/);
    assert.equal(await fact("Reason").innerText(), "NOT_PERMITTED");
    assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, "/office/decision");
    await shown(page, "decision-refused");
  });

  await walk.test("the decision before it on the same record is told, too", async () => {
    await page.getByRole("button", { name: "The decision before, on this record" }).click();
    await heading(page, "Why was it decided so?");
    await page.getByText("Decided again from the log: the same").waitFor();
    await page.goto(`${holdfast.site}/office/decision`);
    await heading(page, "Find in the history");
  });

  await walk.test("a look rests on a rule and a version of a sharing", async () => {
    await why("Fauxworth", "Read");
    await page.getByText("Decided again from the log: the same").waitFor();
    assert.equal(await fact("Outcome").innerText(), "permitted");
    assert.match(await fact("Sharing").innerText(), /[0-9a-f-]{36}, version \d+/);
    await shown(page, "decision-look");
  });

  await walk.test("the same question is asked of another moment", async () => {
    await page.getByRole("button", { name: "Ask about another moment" }).click();
    await heading(page, "Who could have opened what?");
    record = await page.getByLabel(/^Record/).inputValue();
    assert.match(record, /^[0-9a-f-]{36}$/);
    await page.getByRole("button", { name: "Decide", exact: true }).click();
    await page.getByText(/^Yes: /).waitFor();
    assert.equal(await fact("Outcome").innerText(), "permitted");
    await shown(page, "what-if-yes");
    await page.getByLabel(/^Day/).fill("2001-01-01");
    await page.getByLabel(/^Time/).fill("");
    await page.getByRole("button", { name: "Decide", exact: true }).click();
    await page.getByText(/^No\. /).waitFor();
    assert.equal(await page.getByLabel(/^Record/).inputValue(), record, "what was typed is kept");
    assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, "/office/what-if");
  });

  await walk.test("what is missing is asked for", async () => {
    await page.goto(`${holdfast.site}/office/what-if`);
    await page.getByRole("button", { name: "Decide", exact: true }).click();
    await page.getByRole("alert").getByText("This is not the number of a record.").waitFor();
    await page.getByLabel(/^Record/).fill(record);
    await page.getByLabel("Person or program").fill("Fauxworth");
    await page.getByRole("button", { name: "Decide", exact: true }).click();
    await page.getByRole("alert").getByText("Choose at least one room.").waitFor();
  });

  let item;

  await walk.test("what the timeline shows is saved as a file, which is on the log as one", async () => {
    const search = async (fill) => {
      await page.goto(`${holdfast.site}/office`);
      await page.getByRole("radio", { name: "Timeline, day by day" }).check();
      await fill();
      await page.getByRole("button", { name: "Find", exact: true }).click();
      await page.locator("#found-title").waitFor();
    };
    await search(async () => {
      await page.getByLabel(/^Record \(/).fill(record);
      await page.getByRole("checkbox", { name: "Change", exact: true }).check();
    });
    const shownNumbers = await page.locator(".look .code").allInnerTexts();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as a file (NDJSON)" }).click()]);
    assert.match(download.suggestedFilename(), /^holdfast-history-\d{4}-\d{2}-\d{2}\.ndjson$/);
    const lines = readFileSync(await download.path(), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
    const numbers = lines.map((line) => `${line.service}-${line.lane}-${line.lane_seq}`);
    assert.deepEqual(numbers.slice(0, shownNumbers.length), shownNumbers, "not what the timeline shows");
    assert.ok(lines.every((line) => line.patient_id === record && line.kind === "change"));
    assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, "/office");
    item = lines.find((line) => line.type === "item.recorded").stream.split("/").at(-1);
    const deadline = Date.now() + PATIENCE_MS;
    const saved = page.locator(".look").filter({ hasText: "saved the history as a file" });
    do {
      await search(() => page.getByLabel(/^Record \(/).fill(record));
      assert.ok(Date.now() < deadline, await page.locator("main").innerText());
    } while (!(await saved.count()));
  });

  await walk.test("more than one file holds is not handed out, and the page says so in both languages", async () => {
    for (const [lang, own, words] of [["es", "Español", "Es más de lo que cabe en un archivo."], ["en", "English", "This is more than one file holds."]]) {
      await page.goto(`${holdfast.site}/office`);
      await page.getByRole("button", { name: own }).click();
      await page.locator(`html[lang=${lang}]`).waitFor();
      await page.locator("[name=view][value=timeline]").check();
      await page.locator("[name=from]").fill("2001-01-01");
      await page.locator("form[role=search] button.button").first().click();
      await page.locator("#found-title").waitFor();
      await page.locator("form[action='/office/download'] button").click();
      await page.getByRole("alert").getByText(words).waitFor();
      await shown(page, `too-many-${lang}`);
    }
  });

  await walk.test("one thing is asked about by its number", async () => {
    await page.goto(`${holdfast.site}/office/what-if`);
    const ask = async (thing) => {
      await page.locator("[name=patient]").fill(record);
      await page.locator("[name=actor]").fill("Fauxworth");
      await page.locator("[name=thing]").fill(thing);
      await page.locator("button[name=ask]").click();
    };
    await ask(item);
    await page.getByText(/^(Yes: |No\. )/).waitFor();
    assert.notEqual(await fact("It was among").innerText(), "");
    await shown(page, "what-if-thing");
    await ask("0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001");
    await page.getByRole("alert").getByText("The record had no such thing then.").waitFor();
    await page.getByRole("checkbox", { name: "Visit notes" }).check();
    await ask(item);
    await page.getByRole("alert").getByText("Name one thing or choose rooms, not both.").waitFor();
  });

  await walk.test("nobody but an officer asks", async () => {
    await front.goto(`${holdfast.site}/office/what-if`);
    await notShown(front);
  });
});
