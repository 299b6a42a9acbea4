// A family asks that a paper and then its record be erased; the officer orders that it be kept, ends that, and erases it for good.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, browser, holdfast, shown, stage, until } from "./walks/stage.mjs";
import { heading, notShown, visit } from "./walks/steps.mjs";

const AUTHORITY = "Superior Court, docket 2026-114";

stage();

test("erasing for good", { timeout: 400_000 }, async (walk) => {
  const family = await visit(browser);
  await holdfast.signIn(family, addressOf(/two households/));
  await family.goto(`${holdfast.site}/people`);
  await family.locator("main a[href^='/r/']").first().click();
  await heading(family, /’s record/);
  const record = new URL(family.url()).origin + new URL(family.url()).pathname.split("/").slice(0, 3).join("/");
  await family.goto(`${record}/looked`);
  const number = await family.locator("[data-patient]").getAttribute("data-patient");
  const officer = await visit(browser);
  await holdfast.signIn(officer, addressOf(/compliance officer/));
  const card = (title) => officer.locator("main li.card").filter({ hasText: title }).first();
  const look = async (title) => {
    await officer.goto(`${holdfast.site}/office/erasures`);
    await card(title).getByRole("button", { name: "Look at it" }).click();
    await heading(officer, title);
  };
  const order = async (what, fields = {}) => {
    if (what) await officer.getByRole("radio", { name: what }).check();
    const said = { "By what right": AUTHORITY, "Why": "a suit about the school", ...fields };
    for (const [label, value] of Object.entries(said)) await officer.getByLabel(label, { exact: true }).fill(value);
    await officer.getByRole("button", { name: "Next" }).click();
  };
  const ADULT = { "Birth date": "1980-05-05", "Day of the last service": "2010-05-05" };

  await walk.test("nothing waits before a family asks", async () => {
    await officer.getByRole("link", { name: "To be erased" }).first().click();
    await officer.getByText("Nobody asks for anything").waitFor();
    await shown(officer, "erasures-none");
  });

  await walk.test("a family asks for one paper, takes it back, and asks for the record", async () => {
    await family.goto(`${record}/papers`);
    await family.locator("main a[href*='/papers/']:not([href$='/new'])").first().click();
    await family.getByRole("link", { name: "Have this paper erased for good" }).click();
    await heading(family, "Erase this paper");
    await family.getByRole("button", { name: "Ask to have it erased" }).click();
    await family.getByText("It waits for the privacy officer").waitFor();
    await shown(family, "erasure-paper-asked");
    await look("One paper");
    await officer.getByText(number).first().waitFor();
    await family.getByRole("button", { name: "Take it back" }).click();
    await family.getByText("Taken back. Nothing is erased.").waitFor();
    await family.goto(`${record}/details`);
    await family.getByRole("link", { name: "Have this record erased" }).click();
    await heading(family, "Erase this record");
    await shown(family, "erasure");
    await family.getByRole("button", { name: "Ask to have it erased" }).click();
    await family.getByRole("button", { name: "Take it back" }).waitFor();
    await shown(family, "erasure-asked");
  });

  await walk.test("the officer is told what was left out, and that a child’s record is to be kept", async () => {
    await officer.goto(`${holdfast.site}/office`);
    await officer.getByText("One waits to be erased.").waitFor();
    await look("A whole record");
    await officer.getByRole("button", { name: "Next" }).click();
    await officer.getByRole("alert").getByText("Choose what you order.").waitFor();
    await order("Erase it for good", { "Birth date": "2019-04-03", "Day of the last service": "2025-02-03" });
    await heading(officer, "Erase it for good?");
    await shown(officer, "erasure-check");
    await officer.getByRole("button", { name: "Erase it for good" }).click();
    await officer.getByRole("alert").getByText(/It must be kept until Apr 3, 2047/).waitFor();
    assert.equal(await officer.getByLabel("By what right").inputValue(), AUTHORITY, "what was typed is kept");
    await shown(officer, "erasure-retained");
    await family.goto(`${record}`);
    await heading(family, /’s record/);
  });

  await walk.test("while an order stands nothing is erased, and the family sees the order", async () => {
    await look("A whole record");
    await order("It must be kept");
    await officer.getByText("It must be kept from now on.").waitFor();
    await order("Erase it for good", ADULT);
    await officer.getByRole("button", { name: "Erase it for good" }).click();
    await officer.getByRole("alert").getByText("An order forbids it").waitFor();
    await family.goto(`${record}/erasure`);
    await family.getByText(AUTHORITY).waitFor();
    await look("A whole record");
    await order(new RegExp("It need not be kept any more"));
    await officer.getByText("The order has ended.").waitFor();
  });

  await walk.test("once it was looked at twice it is erased, and the record is closed to the family", async () => {
    await order("Erase it for good", ADULT);
    await officer.getByText("nobody can undo it").waitFor();
    await officer.getByRole("button", { name: "Change" }).click();
    assert.equal(await officer.getByLabel("By what right").inputValue(), AUTHORITY);
    await officer.getByRole("button", { name: "Next" }).click();
    await officer.getByRole("button", { name: "Erase it for good" }).click();
    await officer.getByText("It was erased.").waitFor();
    await officer.getByText("Had to be kept until").waitFor();
    await shown(officer, "erasure-done");
    await officer.goto(`${holdfast.site}/office/erasures`);
    await officer.getByText("Nobody asks for anything").waitFor();
    await family.goto(record);
    await notShown(family);
  });

  await walk.test("the history tells who asked, who ordered and who erased", async () => {
    await until("the history does not tell of it", async () => {
      await officer.goto(`${holdfast.site}/office`);
      await officer.getByLabel(/^Record/).first().fill(number);
      await officer.getByRole("button", { name: "Find", exact: true }).click();
      await officer.locator("#found-title").waitFor();
      const text = await officer.locator("main").innerText();
      return ["asked that this record be erased", "ordered that this record be kept", "erased what this record held"].every((did) => text.includes(did));
    });
  });

  await walk.test("nobody else comes to these pages", async () => {
    const front = await visit(browser);
    await holdfast.signIn(front, addressOf(/front desk/));
    await front.locator("#list .rows a").first().click();
    await heading(front, /’s record/);
    await front.goto(`${front.url()}/erasure`);
    await notShown(front);
    await front.goto(`${holdfast.site}/office/erasures`);
    await notShown(front);
  });
});
