// What the practice keeps, a family proposes: it sends how it should be, the therapist reads both and decides, and the family reads the answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, browser, holdfast, shown, stage, until } from "./walks/stage.mjs";
import { heading, notShown, visit } from "./walks/steps.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const REASON = "At home he asks with signs, too";
const ANSWER = "In this goal we look at words alone";

stage();

const press = (page, name) => page.getByRole("button", { name, exact: true }).first().click();

test("a proposal", { timeout: 400_000 }, async (walk) => {
  const family = await visit(browser);
  await holdfast.signIn(family, addressOf(/two households/));
  await family.goto(`${holdfast.site}/people`);
  await family.locator("main a[href^='/r/']").first().click();
  await heading(family, /’s record/);
  const record = new URL(family.url()).origin + new URL(family.url()).pathname.split("/").slice(0, 3).join("/");
  let goal;
  let first;
  let desk;

  await walk.test("a family changes its telephone, and sees what the practice keeps", async () => {
    await family.goto(`${record}/details`);
    await heading(family, "Name, address, phone");
    await family.getByRole("region", { name: "Kept by the practice" }).getByText("Birth date").waitFor();
    assert.equal(await family.getByLabel("Birth date").count(), 0, "it is no field");
    await shown(family, "details-locked");
    await family.getByLabel(/^Phone/).fill("555-0177");
    await press(family, "Save");
    await heading(family, /’s record/);
    await family.goto(`${record}/details`);
    assert.equal(await family.getByLabel(/^Phone/).inputValue(), "555-0177");
  });

  await walk.test("what it proposes of a goal waits, and can be taken back", async () => {
    await family.goto(`${record}/c/goals`);
    await family.locator("#list .rows a").first().click();
    await family.getByRole("link", { name: "Propose a change" }).waitFor();
    goal = family.url();
    await family.getByRole("link", { name: "Propose a change" }).click();
    await heading(family, "Propose a change");
    const said = await family.getByLabel("What it should say").inputValue();
    await family.getByLabel("What it should say").fill(`${said}, with words or signs`);
    await press(family, "Send the proposal");
    await family.getByRole("alert").getByText("Say in a few words why.").waitFor();
    assert.match(await family.getByLabel("What it should say").inputValue(), /signs$/, "what was typed is kept");
    await family.getByLabel("Why?").fill(REASON);
    await shown(family, "propose");
    await press(family, "Send the proposal");
    await family.getByText("Sent. It waits until somebody at the practice has looked at it.").waitFor();
    await family.getByText(REASON).waitFor();
    await shown(family, "proposal-waits");
    await press(family, "Take it back");
    await family.getByText("You took the proposal back.").waitFor();
    await family.goto(goal);
    assert.equal(await family.getByText("waits to be looked at").count(), 0);
  });

  await walk.test("what is sent again stands on the entry until it is decided", async () => {
    await family.goto(`${goal}/propose`);
    await family.getByLabel("What it should say").fill("Asks with words or signs");
    await family.getByLabel("Why?").fill(REASON);
    await press(family, "Send the proposal");
    await family.getByText("Sent.").waitFor();
    first = family.url().split("/").pop();
    await family.goto(goal);
    await family.getByText("A change that was proposed here waits to be looked at.").waitFor();
    await family.getByRole("link", { name: "See it" }).click();
    await heading(family, "Asks with words or signs");
  });

  await walk.test("a therapist finds it at work, and declines with a reason, on a phone", async () => {
    for (const who of [/behaviour analyst/, /speech therapist/, /occupational therapist/, /physical therapist/]) {
      desk = await visit(browser, PHONE);
      await holdfast.signIn(desk, addressOf(who));
      await heading(desk, "Your patients");
      if (await desk.getByText("1 proposal waits").count()) break;
    }
    await desk.getByRole("region", { name: "1 proposal waits" }).getByRole("link").click();
    await heading(desk, "Asks with words or signs");
    await desk.getByText(REASON).waitFor();
    await desk.locator("ins").getByText("Asks with words or signs").waitFor();
    await shown(desk, "proposal-decide-phone");
    await press(desk, "Decline");
    await desk.getByRole("alert").getByText("Say why you decline it.").waitFor();
    await desk.getByLabel("What do you say to the family?").fill(ANSWER);
    await press(desk, "Decline");
    await desk.getByText("Declined. The family reads why.").waitFor();
    await desk.goto(`${holdfast.site}/work`);
    assert.equal(await desk.getByText("1 proposal waits").count(), 0);
  });

  await walk.test("the family reads the answer on its first page", async () => {
    await family.goto(`${holdfast.site}/h`);
    await family.getByRole("link", { name: /^Proposals: Asks with words or signs/ }).click();
    await heading(family, "Asks with words or signs");
    await family.getByText(ANSWER).waitFor();
    await shown(family, "proposal-answered");
  });

  await walk.test("what is accepted is the record's, with both names", async () => {
    await family.goto(`${goal}/propose`);
    await family.getByLabel("What it should say").fill("Asks for help with words");
    await family.getByLabel("Why?").fill("As we said on Monday");
    await press(family, "Send the proposal");
    await family.getByText("Sent.").waitFor();
    await desk.goto(`${holdfast.site}/work`);
    await desk.getByRole("region", { name: "1 proposal waits" }).getByRole("link").click();
    await press(desk, "Accept and change it");
    await desk.getByText("Accepted. The record says so now, with both names.").waitFor();
    await family.goto(goal);
    await heading(family, "Asks for help with words");
    const from = family.getByRole("region", { name: "Where it comes from" });
    await from.getByText("Proposed by").waitFor();
    await from.getByText("Written by").waitFor();
    await shown(family, "item-accepted");
  });

  await walk.test("what a family adds is told to wait in its room", async () => {
    await family.goto(`${record}/c/allergies`);
    await family.getByRole("link", { name: "Propose a new entry" }).click();
    await heading(family, "Propose a change");
    await family.getByLabel("What is it?").fill("Bee stings");
    await family.getByLabel("Why?").fill("Since last summer");
    await press(family, "Send the proposal");
    await heading(family, "Bee stings");
    await family.goto(`${record}/c/allergies`);
    await family.getByRole("status").getByText("1 proposal waits").waitFor();
    assert.equal(await family.locator("#list").getByText("Bee stings").count(), 0, "it is not in the record");
    await shown(family, "room-proposed");
  });

  await walk.test("an administrator locks the telephone, and the family proposes that, too", async () => {
    const office = await visit(browser);
    await holdfast.signIn(office, addressOf(/administrator of the network/));
    await office.getByRole("link", { name: "Choose what is locked" }).click();
    await heading(office, "What families may only propose");
    await office.getByRole("checkbox", { name: "Phone", exact: true }).check();
    await shown(office, "locks");
    await press(office, "Save");
    await heading(office, "What families may only propose");
    assert.ok(await office.getByRole("checkbox", { name: "Phone", exact: true }).isChecked());
    await family.goto(`${record}/details`);
    await family.getByRole("region", { name: "Kept by the practice" }).getByText("555-0177").waitFor();
    await family.goto(`${holdfast.site}/locks`);
    await notShown(family);
  });

  await walk.test("in Spanish, too, and nobody else sees any of it", async () => {
    await family.goto(`${record}/proposals`);
    await heading(family, "What was proposed");
    await family.context().addCookies([{ name: "holdfast_lang", value: "es", url: holdfast.site }]);
    await family.goto(`${record}/proposals/${first}`);
    await family.getByText("Lo que cambiaría").waitFor();
    await shown(family, "proposal-es");
    const other = await visit(browser);
    await holdfast.signIn(other, addressOf(/compliance officer/));
    await other.goto(`${record}/proposals/${first}`);
    await notShown(other);
  });
});
