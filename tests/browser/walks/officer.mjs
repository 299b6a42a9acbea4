// The privacy officer: signs in, finds a refusal by person, record, day and kind, goes on to the next page, and verifies the logs.

import assert from "node:assert/strict";
import { heading, notShown, visit } from "./steps.mjs";

const SERVICES = ["audit", "consent", "documents", "identity", "messaging", "records"];
const ARRIVAL_PATIENCE_MS = 20_000;
const CHECK_PATIENCE_MS = 120_000;

const ROOM = "Visit notes";

export async function officer(walk, { holdfast, browser, email, desk }) {
  const page = await visit(browser);
  const rows = page.locator("tbody tr").filter({ has: page.locator("[data-label='Did what']") });
  const cell = (row, label) => row.locator(`[data-label='${label}']`).innerText();
  const find = async ({ patient = "", actor = "", from = "", to = "", kinds = [] }) => {
    await page.goto(`${holdfast.site}/office`);
    await page.getByLabel(/^Record \(/).fill(patient);
    await page.getByLabel("Person or program").fill(actor);
    await page.getByLabel("From day").fill(from);
    await page.getByLabel("To day").fill(to);
    for (const kind of kinds) await page.getByRole("checkbox", { name: kind, exact: true }).check();
    await page.getByRole("button", { name: "Find", exact: true }).click();
    await page.locator("#found-title").waitFor();
  };
  let patient;

  await walk.test("the front desk is refused what it needs not know", async () => {
    const front = await visit(browser);
    await holdfast.signIn(front, desk.email);
    await heading(front, "Your patients");
    await front.locator("#list .rows a").first().click();
    await heading(front, /’s record/);
    await front.goto(`${front.url()}/c/notes`);
    await notShown(front);
  });

  await walk.test("the officer comes to the office", async () => {
    await holdfast.signIn(page, email);
    await heading(page, "Find in the history");
  });

  await walk.test("a refusal is found by person and kind", async () => {
    const refused = rows.filter({ hasText: `tried to open ${ROOM}` }).first();
    const deadline = Date.now() + ARRIVAL_PATIENCE_MS;
    do {
      await find({ actor: desk.name, kinds: ["Refused"] });
      assert.ok(Date.now() < deadline, await page.locator("main").innerText());
    } while (!(await refused.count()));
    assert.match(await cell(refused, "Who"), new RegExp(desk.name));
    assert.match(await cell(refused, "Did what"), /Refused/);
    patient = await cell(refused, "Patient");
    assert.match(patient, /^[0-9a-f-]{36}$/);
  });

  await walk.test("the same refusal is found by record, day and kind, and not on another day", async () => {
    const now = new Date();
    const day = (shift) => {
      const at = new Date(now.getFullYear(), now.getMonth(), now.getDate() + shift);
      return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
    };
    await find({ patient, from: day(-1), to: day(1), kinds: ["Refused"] });
    await rows.filter({ hasText: `tried to open ${ROOM}` }).first().waitFor();
    for (const text of await rows.locator("[data-label='Patient']").allInnerTexts()) assert.equal(text, patient);
    await find({ patient, from: day(-9), to: day(-8), kinds: ["Refused"] });
    await page.getByText("Nothing found").waitFor();
  });

  await walk.test("a long answer goes on", async () => {
    await find({ patient });
    const numbers = () => rows.locator(".code").allInnerTexts();
    const first = await numbers();
    assert.equal(first.length, 50);
    await page.getByRole("button", { name: "Show the next 50" }).click();
    await page.locator("#found-title").waitFor();
    await page.waitForFunction((old) => document.querySelector("tbody .code")?.textContent !== old, first[0]);
    const second = await numbers();
    assert.ok(second.length > 0 && second.every((number) => !first.includes(number)), "an entry came twice");
  });

  await walk.test("the same is read as a timeline, day by day and newest first, and goes on as one", async () => {
    const looks = page.locator(".looks > .look");
    await page.goto(`${holdfast.site}/office`);
    await page.getByLabel(/^Record \(/).fill(patient);
    await page.getByRole("radio", { name: "Timeline, day by day" }).check();
    await page.getByRole("button", { name: "Find", exact: true }).click();
    await page.locator("#found-title").waitFor();
    assert.equal(await looks.count(), 50);
    assert.equal(await rows.count(), 0, "it is a table, too");
    assert.ok((await page.locator("h3.day").count()) >= 1);
    const told = async () => {
      const times = await looks.locator("time").evaluateAll((all) => all.map((one) => Date.parse(one.dateTime)));
      assert.deepEqual(times, times.toSorted((one, other) => other - one), "not the newest first");
      return looks.locator(".code").allInnerTexts();
    };
    const first = await told();
    await page.getByRole("button", { name: "Show the next 50" }).click();
    await page.waitForFunction((old) => document.querySelector(".look .code")?.textContent !== old, first[0]);
    const second = await told();
    assert.ok(second.length > 0 && second.every((number) => !first.includes(number)), "an entry came twice");
    assert.ok(await page.getByRole("radio", { name: "Timeline, day by day" }).isChecked(), "it stays a timeline");
    await page.getByRole("checkbox", { name: "Refused", exact: true }).check();
    await page.getByRole("button", { name: "Find", exact: true }).click();
    const refused = looks.filter({ hasText: `tried to open ${ROOM}` }).first();
    await refused.getByText("Refused:").waitFor();
    assert.equal(await page.locator(".looks > .look:not(.refused)").count(), 0);
    await refused.getByRole("button").click();
    await heading(page, "Why was it decided so?");
    assert.equal(new URL(page.url()).search, "");
  });

  await walk.test("a search without bounds is asked to have one", async () => {
    await page.goto(`${holdfast.site}/office`);
    await page.getByRole("button", { name: "Find", exact: true }).click();
    await page.getByRole("alert").getByText("Fill in at least one").waitFor();
  });

  await walk.test("every entry of all six logs is checked, and none is missing or altered", async () => {
    await page.goto(`${holdfast.site}/office`);
    await page.getByRole("button", { name: "Check every entry now" }).click();
    const deadline = Date.now() + CHECK_PATIENCE_MS;
    while (!(await page.getByText("Whole: no entry is missing, none was altered.").count())) {
      assert.ok(Date.now() < deadline, "the check does not end");
      await page.goto(`${holdfast.site}/office`);
    }
    const table = page.getByRole("table", { name: "Is the log whole?" });
    assert.deepEqual((await table.locator("tbody th").allInnerTexts()).toSorted(), SERVICES);
    for (const service of SERVICES) {
      const row = table.locator("tbody tr").filter({ has: page.locator("th", { hasText: service }) });
      assert.match(await cell(row, "Entries"), /[1-9]/, `${service} has no entries`);
      assert.deepEqual([await cell(row, "Missing"), await cell(row, "Altered"), await cell(row, "State")], ["0", "0", "whole"]);
    }
  });
}
