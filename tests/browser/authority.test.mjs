// Who acts for whom: two divorced parents, papers that somebody has seen, birthdays ahead, a stop and its review, and somebody who helps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, browser, holdfast, shown, stage, until } from "./walks/stage.mjs";
import { heading, notShown, visit } from "./walks/steps.mjs";
import { waiting } from "./walks/waiting.mjs";

const ORDER = "Superior Court, 26-114";
const REASON = "A report to the county this morning";

stage();

const pad = (number) => String(number).padStart(2, "0");
const day = (days, years = 0) => {
  const now = new Date();
  const at = new Date(now.getFullYear() + years, now.getMonth(), now.getDate() + days);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
};

test("who acts for whom", { timeout: 600_000 }, async (walk) => {
  const enter = async (email, name, shape) => {
    const page = await visit(browser, shape);
    await holdfast.signIn(page, email);
    if (name) {
      await page.getByLabel("Your name").fill(name);
      await page.getByRole("button", { name: "Save" }).click();
      await heading(page, "Whose record?");
    }
    return page;
  };
  const numberOf = async (page) => {
    await page.goto(`${holdfast.site}/me`);
    return page.locator("main code").innerText();
  };
  // The one record that somebody has, by its own address.
  const recordOf = async (page) => {
    await page.goto(`${holdfast.site}/people`);
    await page.locator("main a[href^='/r/']").first().click();
    await heading(page, /record/);
    return new URL(page.url()).origin + new URL(page.url()).pathname.split("/").slice(0, 3).join("/");
  };
  const press = (page, name) => page.getByRole("button", { name, exact: true }).first().click();
  const section = (page, name) => page.getByRole("region", { name, exact: true });
  const card = (page, within, text) => section(page, within).locator("li.card").filter({ hasText: text }).first();

  const mother = await enter(addressOf(/two households/));
  const record = await recordOf(mother);
  const mothers = `${record}/sharing/who`;
  const desk = await enter(addressOf(/administrator of the network/));
  const officer = await enter(addressOf(/compliance officer/));
  let number;
  let father;
  let fathers;

  const ask = async (page, { on = "", known = "" } = {}) => {
    await page.goto(`${holdfast.site}/authority`);
    await heading(page, "Who may act for whom");
    await page.getByLabel("Number of the record").fill(number);
    await page.getByLabel(/^On this day/).fill(on);
    await page.getByLabel(/^As it was known on this day/).fill(known);
    await press(page, "Ask");
    await page.locator("#told-title").waitFor();
  };
  const does = async (page, what) => {
    await page.getByRole("radio", { name: what }).check();
    await press(page, "Do it");
  };

  await walk.test("a family sees who acts, and that nobody has said when the person was born", async () => {
    await mother.goto(`${record}/sharing`);
    await mother.getByRole("link", { name: "Who acts", exact: true }).click();
    await heading(mother, /^Who acts for /);
    await mother.getByText("We do not know the birth date yet.").waitFor();
    await card(mother, "In force", "another parent").getByText("everything").first().waitFor();
    number = await mother.locator("main code").innerText();
    await shown(mother, "who-acts-first");
    // What a practice says of its patient no family says.
    await mother.goto(`${mothers}/person`);
    await notShown(mother);
  });

  await walk.test("what a parent says of the other waits until somebody has seen the papers", async () => {
    await mother.goto(mothers);
    await mother.getByRole("link", { name: "Add somebody, or new papers" }).click();
    await heading(mother, "Who acts, and by which papers?");
    await press(mother, "Send it to the practice");
    await mother.getByRole("alert").getByText("Pick who it is.").waitFor();
    await mother.getByRole("radio", { name: "another parent" }).check();
    await mother.getByRole("radio", { name: "Custody order" }).check();
    await mother.getByRole("checkbox", { name: "Goals", exact: true }).check();
    await mother.locator("#action").getByRole("checkbox").first().check();
    await mother.locator("#paper").getByRole("checkbox").first().check();
    await mother.getByLabel(/^From this day/).fill(day(-10));
    await mother.getByLabel(/^What the paper is/).fill(ORDER);
    await shown(mother, "who-acts-new");
    await press(mother, "Send it to the practice");
    await mother.getByText("Sent. Your practice looks at the papers.").waitFor();
    const waiting = card(mother, "Said, but not in force", ORDER);
    await waiting.getByText("waits for the practice").waitFor();
    await waiting.getByRole("link", { name: /^Paper: / }).waitFor();
    await card(mother, "In force", "another parent").getByText("everything").first().waitFor();
    await shown(mother, "who-acts-waits");
  });

  await walk.test("an administrator attests what they have seen, and each parent holds what the order says", async () => {
    await desk.goto(`${holdfast.site}/work`);
    await desk.getByRole("link", { name: "Who may act for whom" }).click();
    await desk.getByLabel("Number of the record").fill("seven");
    await press(desk, "Ask");
    await desk.getByRole("alert").getByText("This is not the number of a record.").waitFor();
    await ask(desk);
    await shown(desk, "authority-told");
    // Who looks after the whole network finds it without its number.
    await officer.goto(`${holdfast.site}/office`);
    await officer.getByText("One waits to be looked at.").waitFor();
    await officer.getByRole("link", { name: "Waiting for review" }).first().click();
    await heading(officer, "Waiting for review");
    await card(officer, "What families say, and nobody has seen", ORDER).getByRole("button", { name: "Look at it" }).waitFor();
    await shown(officer, "authority-waiting");
    const waiting = card(desk, "Said, but not in force", ORDER);
    father = await waiting.locator("h3 bdi").innerText();
    await waiting.getByRole("button", { name: "Look at it" }).click();
    await heading(desk, father);
    await press(desk, "Do it");
    await desk.getByRole("alert").getByText("Pick what you do.").waitFor();
    await shown(desk, "authority-act");
    await does(desk, /^I have seen the papers/);
    await desk.getByText("It holds now.").waitFor();
    await card(desk, "In force", father).getByText(ORDER).waitFor();

    const plain = father.toLowerCase().normalize("NFD").replace(/[^a-z -]/g, "").split(" ");
    fathers = await enter(`${plain[0]}.${plain.slice(1).join("-")}@families.example`);
    const his = await recordOf(fathers);
    assert.equal(await fathers.getByRole("link", { name: /Visit notes/ }).count(), 0);
    await fathers.getByRole("link", { name: "Who acts", exact: true }).click();
    await heading(fathers, /^Who acts for /);
    await fathers.getByText("Here you see what is yours.").waitFor();
    assert.equal(await fathers.locator("main li.card").count(), 1, "of the mother nothing is told");
    await shown(fathers, "who-acts-partly");
    await fathers.goto(`${his}/c/notes`);
    await notShown(fathers);
    await fathers.goto(`${his}/sharing/who/new`);
    await notShown(fathers);
    await mother.goto(mothers);
    const one = card(mother, "In force", "another parent");
    assert.match(await one.innerText(), new RegExp(`Goals[^]*nothing[^]*Custody order[^]*${ORDER}`));
  });

  await walk.test("an officer asks who had authority on two days, as known now and as known then", async () => {
    await officer.goto(`${holdfast.site}/office`);
    await officer.getByRole("link", { name: "Who may act for whom" }).click();
    await ask(officer, { on: day(-5) });
    await card(officer, "In force", father).getByText(ORDER).waitFor();
    assert.match(await card(officer, "In force", father).innerText(), /May see\s+Goals/);
    await shown(officer, "authority-after");
    await ask(officer, { on: day(-20) });
    assert.match(await card(officer, "In force", father).innerText(), /May see\s+everything/);
    await ask(officer, { on: day(-5), known: day(-1) });
    await officer.getByText("Nobody had authority").waitFor();
    await officer.locator("#told-title").filter({ hasText: "as it was known on" }).waitFor();
    await ask(officer, { on: day(-5), known: day(0) });
    await card(officer, "In force", father).getByText(ORDER).waitFor();
  });

  await walk.test("a young person has a login, and everybody sees what the next birthdays bring", async () => {
    const teen = await enter("teen.beispielhaft@families.example", "Teen");
    const account = await numberOf(teen);
    await ask(desk);
    await press(desk, "Record an authority");
    await heading(desk, "Record an authority");
    await desk.getByRole("radio", { name: /^somebody else/ }).check();
    await desk.getByRole("radio", { name: "It is their own record" }).check();
    await desk.getByLabel(/^Number of their account/).fill(account);
    await press(desk, "Record it");
    await desk.getByRole("alert").getByText(/^Pick a paper, or write a line/).waitFor();
    await desk.getByLabel(/^What the paper is/).fill("seen at the desk with a school card");
    await press(desk, "Record it");
    await desk.getByText("Recorded.").waitFor();
    await press(desk, "Birth date and state");
    await desk.getByLabel("Birth date").fill(day(60, -12));
    await desk.getByLabel(/^State/).fill("cal");
    await press(desk, "Save");
    await desk.getByRole("alert").getByText("Enter two letters, like CA.").waitFor();
    await desk.getByLabel(/^State/).fill("ca");
    await press(desk, "Save");
    await desk.getByText("Saved.").waitFor();

    await recordOf(teen);
    await teen.getByRole("link", { name: "Who acts", exact: true }).click();
    await heading(teen, "Who acts for you");
    const ahead = section(teen, "What changes by itself");
    const twelve = ahead.locator("li.card").filter({ hasText: "12 years old" });
    await twelve.getByText(/Teen decides who sees: .*Visit notes/).waitFor();
    await twelve.getByText(/another parent no longer sees: .*Visit notes/).waitFor();
    await ahead.locator("li.card").filter({ hasText: "18 years old" }).getByText("another parent no longer holds anything here.").first().waitFor();
    await shown(teen, "who-acts-own");
    await mother.goto(mothers);
    await section(mother, "What changes by itself").locator("li.card").filter({ hasText: "12 years old" }).waitFor();
    await shown(mother, "who-acts-ahead");
    await mother.setViewportSize({ width: 360, height: 800 });
    await shown(mother, "who-acts-phone");
    await press(mother, "Español");
    await heading(mother, /^Quién actúa por /);
    await shown(mother, "who-acts-phone-es");
    await press(mother, "English");
    await mother.setViewportSize({ width: 1280, height: 800 });
    // On the officer’s question about a day after it, it has come about.
    await ask(officer, { on: day(61) });
    assert.doesNotMatch(await card(officer, "In force", "the person of this record").innerText(), /Decides who else sees\s+nothing/);
  });

  await walk.test("somebody is stopped at once, and another person looks at whether it is right", async () => {
    const his = await recordOf(fathers);
    await ask(desk);
    await card(desk, "In force", father).getByRole("button", { name: "Stop it for now" }).click();
    await heading(desk, `Stop ${father}`);
    await desk.getByLabel("Why", { exact: true }).fill("because");
    await press(desk, "Stop it for now");
    await desk.getByRole("alert").getByText("Say why, in 10 to 500 characters.").waitFor();
    await desk.getByLabel("Why", { exact: true }).fill(REASON);
    await shown(desk, "authority-stop");
    await press(desk, "Stop it for now");
    await desk.getByText("Stopped for now. A privacy officer has to look at it.").waitFor();
    await card(desk, "Stopped for safety", REASON).waitFor();
    assert.equal(await desk.getByRole("button", { name: "Review it" }).count(), 0);
    await until("he still sees it", async () => {
      await fathers.goto(`${his}/c/goals`);
      return (await fathers.getByRole("heading", { level: 1 }).innerText()).includes("We can’t show this");
    });
    await mother.goto(mothers);
    await card(mother, "Stopped for safety", "another parent").waitFor();
    assert.equal(await mother.getByText(REASON).count(), 0, "why is the officer’s to know");
    await shown(mother, "who-acts-stopped");

    await officer.goto(`${holdfast.site}/authority/waiting`);
    await card(officer, "Stopped for safety", REASON).getByRole("button", { name: "Review it" }).click();
    await heading(officer, /^Is it right to stop /);
    await shown(officer, "authority-review");
    await officer.getByLabel(/^Until this day/).fill(day(30));
    await does(officer, /^It is right/);
    await officer.getByText("They stay stopped.").waitFor();
    await card(officer, "Stopped for safety", "Looked at by").waitFor();
    await press(officer, "Review it");
    await does(officer, /^It ends now/);
    await officer.getByText("It has ended.").waitFor();
    assert.equal(await section(officer, "Stopped for safety").count(), 0);
    await until("he does not see it again", async () => {
      await fathers.goto(`${his}/c/goals`);
      return (await fathers.getByRole("heading", { level: 1 }).innerText()).includes("Goals");
    });
  });

  await waiting(walk, { holdfast, mother, mothers, officer, desk, card, press, does });

  await walk.test("a parent has somebody help, sees what they did, and ends it", async () => {
    const aunt = await enter("aunt.beispielhaft@families.example", "Aunt");
    const account = await numberOf(aunt);
    await mother.goto(mothers);
    await mother.getByRole("link", { name: "Have somebody help" }).click();
    await heading(mother, "Who is to help you?");
    await mother.getByRole("checkbox", { name: "Goals", exact: true }).check();
    await mother.locator("#action").getByRole("checkbox").first().check();
    const send = async (number, last) => {
      await mother.getByLabel(/^Number of their account/).fill(number);
      await mother.getByLabel(/^Until this day/).fill(last);
      await press(mother, "Let them help");
    };
    await send("412", "");
    await mother.getByRole("alert").getByText("This is not the number of an account.").waitFor();
    await send(account, "");
    await mother.getByRole("alert").getByText(/^This is more than you hold, or longer/).waitFor();
    await shown(mother, "who-acts-help");
    await send(account, day(30));
    await mother.getByText("Done. They can help now.").waitFor();

    const hers = await recordOf(aunt);
    await aunt.goto(`${hers}/c/goals`);
    await heading(aunt, "Goals");
    await aunt.goto(`${hers}/sharing/who`);
    await aunt.getByText("Here you see what is yours.").waitFor();
    assert.equal(await aunt.getByRole("link", { name: "Have somebody help" }).count(), 0, "nobody hands on what was handed to them");
    await until("her look does not say by what right", async () => {
      await mother.goto(`${record}/looked?who=others&kind=read`);
      return mother.locator(".look").filter({ hasText: "helper of who holds this record" }).count();
    });
    await mother.goto(mothers);
    await card(mother, "In force", "a helper").getByRole("link", { name: /^End it/ }).click();
    await heading(mother, /^End what a helper may do/);
    await shown(mother, "who-acts-end");
    await press(mother, "End it");
    await mother.getByText("It has ended.").waitFor();
    assert.equal(await card(mother, "In force", "a helper").count(), 0);
    await aunt.goto(hers);
    await notShown(aunt);

    // A foster placement has an end, and goes on by a new paper.
    const place = async (last) => {
      await ask(desk);
      await press(desk, "Record an authority");
      await desk.getByRole("radio", { name: /^somebody else/ }).check();
      await desk.getByRole("radio", { name: "Foster care" }).check();
      await desk.getByLabel(/^Number of their account/).fill(account);
      await desk.getByLabel(/^What the paper is/).fill("placement of the county");
      await desk.getByLabel(/^Until this day/).fill(last);
      await press(desk, "Record it");
    };
    await place("");
    await desk.getByRole("alert").getByText("Foster care has an end. Pick its last day.").waitFor();
    await place(day(20));
    await desk.getByText("Recorded.").waitFor();
    await card(desk, "In force", "placement of the county").getByRole("button", { name: "End or renew it" }).click();
    await does(desk, /^It goes on/);
    await desk.getByRole("alert").getByText("Pick a later day.").waitFor();
    await desk.getByLabel(/^Until this day/).fill(day(50));
    await desk.getByLabel(/^What the paper is/).fill("second order");
    await does(desk, /^It goes on/);
    await desk.getByText("It goes on.").first().waitFor();
    await card(desk, "In force", "second order").getByRole("button", { name: "End or renew it" }).click();
    await does(desk, /^It ends now/);
    await desk.getByText("It has ended.").waitFor();
    assert.equal(await card(desk, "In force", "second order").count(), 0);
    await aunt.goto(hers);
    await notShown(aunt);
  });

  await walk.test("a family says of a record that belongs to no practice when the person was born", async () => {
    const page = await enter("alone.beispielhaft@families.example", "Alone");
    await page.goto(`${holdfast.site}/people/new`);
    const form = section(page, "Open an empty record");
    await form.getByRole("radio", { name: "My child’s" }).check();
    await form.getByLabel("First name").fill("Pip");
    await form.getByLabel("Last name").fill("Beispiel");
    await form.getByLabel("Birth date").fill("3 3 2020");
    await form.getByRole("button", { name: "Open the record" }).click();
    await heading(page, "Pip Beispiel’s record");
    await page.getByRole("link", { name: "Who acts", exact: true }).click();
    await heading(page, "Who acts for Pip Beispiel");
    await page.getByRole("link", { name: "Birth date and state" }).click();
    await press(page, "Save");
    await page.getByRole("alert").getByText("Enter a birth date that has been.").waitFor();
    await page.getByLabel("Birth date").fill("2020-03-03");
    await page.getByLabel(/^State/).fill("CA");
    await press(page, "Save");
    await page.getByText("Saved.").waitFor();
    await section(page, "About this record").getByText("Mar 3, 2020").waitFor();
  });

  await walk.test("nobody else comes to these pages", async () => {
    const front = await enter(addressOf(/front desk/));
    assert.equal(await front.getByRole("link", { name: "Who may act for whom" }).count(), 0);
    await front.goto(`${holdfast.site}/authority`);
    await notShown(front);
    for (const path of ["/authority", "/authority/waiting"]) {
      await mother.goto(`${holdfast.site}${path}`);
      await notShown(mother);
    }
    await heading(front, "We can’t show this");
    await front.goto(`${holdfast.site}/work`);
    await front.locator("#list .rows a").first().click();
    await heading(front, /record/);
    await front.goto(`${new URL(front.url()).origin}${new URL(front.url()).pathname}/sharing/who`);
    await notShown(front);
  });
});
