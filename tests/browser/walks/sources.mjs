// A room read by where its entries come from: every entry is under one source, and the list is narrowed with script and without.

import assert from "node:assert/strict";
import { heading, visit } from "./steps.mjs";

const FROM = { name: "Where it comes from" };

// How many entries the list has in all its pages.
const total = async (page) => Number(/of ([\d,]+)/.exec(await page.locator(".pager [role=status]").innerText())[1].replace(",", ""));

// The first room of the record whose entries come from more than one source.
async function mixed(page, record) {
  await page.goto(record);
  await heading(page, /’s record$/);
  // Whose it is nobody is.
  await page.getByText("made up, for demonstration", { exact: true }).waitFor();
  await page.getByRole("region", FROM).getByText(/\d+ entries/).first().waitFor();
  const rooms = await page.locator("a.room:not(.none)").evaluateAll((all) => all.map((one) => one.href));
  for (const room of rooms) {
    await page.goto(room);
    if (await page.getByRole("navigation", FROM).count()) return;
  }
  assert.fail(`no room of ${record} has two sources`);
}

export async function bySource(walk, { holdfast, browser, email }) {
  for (const javaScriptEnabled of [true, false]) {
    await walk.test(`a room is read by source, ${javaScriptEnabled ? "with" : "without"} script`, async () => {
      const page = await visit(browser, { javaScriptEnabled });
      await holdfast.signIn(page, email);
      await page.goto(`${holdfast.site}/people`);
      const record = await page.locator('main a[href^="/r/"]').first().getAttribute("href");
      await mixed(page, holdfast.site + record);
      const ways = page.getByRole("navigation", FROM).getByRole("link");
      const [all, count] = [await total(page), await ways.count()];
      assert.ok(count > 2, `${count} ways`);
      let sum = 0;
      for (let at = 1; at < count; at += 1) {
        const name = await ways.nth(at).innerText();
        await ways.nth(at).click();
        await page.getByRole("navigation", FROM).locator("[aria-current]").getByText(name, { exact: true }).waitFor();
        assert.match(page.url(), /source=/);
        sum += await total(page);
      }
      assert.equal(sum, all, "each entry is of one source");
      await page.getByRole("navigation", { name: "Show only" }).getByRole("link", { name: "Last 12 months" }).click();
      await page.waitForURL(/source=.*since=year/);
      await ways.first().click();
      await page.waitForURL((url) => !url.search.includes("source="));
      assert.match(page.url(), /since=year/, "the other choice is kept");
    });
  }
}
