// Who has which role is looked over by two people: an officer begins, decides and cannot decide on herself; who administers takes a role
// away on a phone, and signs off.

import assert from "node:assert/strict";
import { test } from "node:test";
import { browser, holdfast, stage, whoIs } from "./walks/stage.mjs";
import { heading, visit } from "./walks/steps.mjs";

const PHONE = { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true };
const ROLES = "Who has which role";

stage();

// Checks every role on the page that the reader may decide, but those of `spared`.
async function chooseAll(page, spared) {
  const boxes = page.getByRole("checkbox");
  for (let at = 0; at < (await boxes.count()); at += 1) {
    const name = await boxes.nth(at).evaluate((box) => box.closest("label").innerText);
    if (!spared || !name.includes(spared)) await boxes.nth(at).check();
  }
}

test("a review of roles", { timeout: 600_000 }, async (walk) => {
  const officer = await visit(browser);
  const administrator = await visit(browser, PHONE);
  let biller;
  let review;

  await walk.test("the office says that it is time, and an officer begins", async () => {
    biller = whoIs("billing");
    await holdfast.signIn(officer, whoIs("compliance officer").email);
    await officer.goto(`${holdfast.site}/office`);
    await officer.getByText("It is time to look over who has which role.").waitFor();
    await officer.getByRole("link", { name: ROLES }).first().click();
    await heading(officer, ROLES);
    await officer.getByText("There is no review yet.").waitFor();
    await officer.getByRole("button", { name: "Begin a review" }).click();
    await heading(officer, /^Review of/);
    review = officer.url();
  });

  await walk.test("nobody decides without choosing, on themselves, or what they may not take away", async () => {
    await officer.getByRole("button", { name: "Keep those chosen" }).click();
    await officer.getByText("Choose at least one role.").first().waitFor();
    await officer.goto(review);
    assert.equal(await officer.getByText("Yours: somebody else decides").count(), 1);
    assert.equal(await officer.getByRole("button", { name: "Take those away" }).count(), 0);
    // So many are shown at a time; what is decided waits no more, and the next ones follow.
    let [before, left] = [Infinity, await officer.getByRole("checkbox").count()];
    while (left > 1) {
      assert.ok(left < before, `${left} wait after ${before}`);
      await chooseAll(officer, biller.name);
      await officer.getByRole("button", { name: "Keep those chosen" }).click();
      await officer.getByText("Kept.").first().waitFor();
      await heading(officer, /^Review of/);
      [before, left] = [left, await officer.getByRole("checkbox").count()];
    }
    await officer.getByText(biller.name).first().waitFor();
  });

  await walk.test("who administers takes a role away by phone, and signs off", async () => {
    await holdfast.signIn(administrator, whoIs("administrator of the network").email);
    await administrator.goto(`${holdfast.site}/work`);
    await administrator.getByRole("link", { name: ROLES }).click();
    await heading(administrator, ROLES);
    await administrator.getByRole("link", { name: /^Review of/ }).click();
    await heading(administrator, /^Review of/);
    await administrator.getByRole("checkbox", { name: new RegExp(biller.name) }).check();
    await administrator.getByRole("button", { name: "Take those away" }).click();
    await administrator.getByText("Taken away.").first().waitFor();
    await chooseAll(administrator);
    await administrator.getByRole("button", { name: "Keep those chosen" }).click();
    await administrator.getByText("All roles are decided.").waitFor();
    await heading(administrator, /^Review of/);
    await officer.goto(review);
    await officer.getByText("so somebody else signs it off").waitFor();
    await administrator.getByRole("button", { name: "Sign off the review" }).click();
    await heading(administrator, ROLES);
    await administrator.getByText(/^Signed off/).waitFor();
    await administrator.getByText(/The next review is due/).waitFor();
  });

  await walk.test("what was done stays to be read, and the history has it", async () => {
    await officer.goto(`${review}?show=all`);
    await heading(officer, /^Review of/);
    const row = officer.getByRole("row").filter({ hasText: biller.name });
    await row.getByText("Take away").waitFor();
    assert.equal(await officer.getByRole("checkbox").count(), 0);
    await officer.goto(`${holdfast.site}/office`);
    assert.equal(await officer.getByText("It is time to look over who has which role.").count(), 0);
    const [yesterday] = new Date(Date.now() - 86_400_000).toISOString().split("T");
    await officer.getByLabel("From day").fill(yesterday);
    await officer.getByRole("button", { name: "Find" }).click();
    await officer.getByText("signed off a review of roles").first().waitFor();
  });
});
