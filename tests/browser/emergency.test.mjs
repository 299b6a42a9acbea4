// A therapist opens a record in an emergency, before everybody's eyes: the family sees it at once and ends it, the officer signs it off.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { addressOf, browser, holdfast, shown, stage, until } from "./walks/stage.mjs";
import { heading, notShown, visit } from "./walks/steps.mjs";

const REASON = "Found unconscious at the practice";

stage();

test("an emergency", { timeout: 400_000 }, async (walk) => {
  const family = await visit(browser);
  await holdfast.signIn(family, addressOf(/two households/));
  await family.goto(`${holdfast.site}/people`);
  await family.locator("main a[href^='/r/']").first().click();
  await heading(family, /’s record/);
  const record = new URL(family.url()).origin + new URL(family.url()).pathname.split("/").slice(0, 3).join("/");
  await family.goto(`${record}/looked`);
  const number = await family.locator("[data-patient]").getAttribute("data-patient");
  const therapist = await visit(browser);
  const fill = async (patient, reason) => {
    await therapist.goto(`${holdfast.site}/work/emergency`);
    await heading(therapist, "Open a record in an emergency");
    await therapist.getByLabel("Number of the record").fill(patient);
    await therapist.getByLabel("What has happened?").fill(reason);
    await therapist.getByRole("button", { name: "Open it now" }).click();
  };
  let opened;

  await walk.test("nobody but a therapist is asked what has happened", async () => {
    const front = await visit(browser);
    await holdfast.signIn(front, addressOf(/front desk/));
    assert.equal(await front.getByRole("link", { name: "Open a record in an emergency" }).count(), 0);
    await front.goto(`${holdfast.site}/work/emergency`);
    await notShown(front);
    await family.goto(`${holdfast.site}/work/emergency`);
    await notShown(family);
  });

  await walk.test("what cannot be opened so is refused, and it is not said whether it is there", async () => {
    await holdfast.signIn(therapist, addressOf(/occupational therapist/));
    await therapist.getByRole("link", { name: "Open a record in an emergency" }).click();
    await heading(therapist, "Open a record in an emergency");
    await therapist.getByText("The family is told at once who opened it and why").waitFor();
    await shown(therapist, "emergency-form");
    await fill("seven", REASON);
    await therapist.getByRole("alert").getByText("This is not the number of a record").waitFor();
    assert.equal(await therapist.getByLabel("What has happened?").inputValue(), REASON, "what was typed is kept");
    await fill(number, "because");
    await therapist.getByRole("alert").getByText("Say it in 10 to 500 characters").waitFor();
    await fill("01890000-0000-7000-8000-00000000beef", REASON);
    await therapist.getByRole("alert").getByText("This record cannot be opened so").waitFor();
  });

  await walk.test("the record is open at once, to be read, and each page says so", async () => {
    await fill(number, REASON);
    await heading(therapist, /’s record/);
    opened = therapist.url();
    await therapist.getByText("The record is open. The family was told.").waitFor();
    await therapist.goto(`${opened}/c/allergies`);
    await heading(therapist, "Allergies");
    await therapist.getByText(/Opened in an emergency, until .*The family and the privacy officer see what you read/).waitFor();
    await shown(therapist, "emergency-room");
    await therapist.goto(`${opened}/c/claims`);
    await notShown(therapist);
    await therapist.goto(`${holdfast.site}/work`);
    await therapist.getByRole("region", { name: "Opened in an emergency" }).getByRole("link").waitFor();
    await shown(therapist, "emergency-work");
  });

  await walk.test("the family has mail about it, which says nothing of anybody", async () => {
    const folder = join(holdfast.dataDir, "mail");
    const mails = () => readdirSync(folder).filter((name) => name.endsWith(".eml"))
      .map((name) => readFileSync(join(folder, name), "utf8")).filter((mail) => mail.includes("opened in an emergency"));
    await until("no mail came", () => mails().some((mail) => mail.includes(addressOf(/two households/))));
    for (const mail of mails()) assert.ok(!mail.includes(number) && !mail.includes(REASON) && !mail.includes("http"), mail);
  });

  await walk.test("home and sharing say who, why and until when", async () => {
    await family.goto(`${holdfast.site}/h`);
    const need = family.getByRole("link").filter({ hasText: "Opened in an emergency:" });
    await need.filter({ hasText: REASON }).waitFor();
    await shown(family, "emergency-home");
    await need.first().click();
    await family.getByText(REASON).first().waitFor();
    await family.goto(`${record}/sharing`);
    const card = family.locator("main li.card").first();
    assert.match(await card.innerText(), new RegExp(REASON));
    await shown(family, "emergency-sharing");
    await card.getByRole("link", { name: /^Stop/ }).click();
    await family.locator("main form button").first().click();
    await family.getByText(REASON).waitFor();
  });

  await walk.test("once the family has ended it, nothing is shown any more", async () => {
    await until("it is still shown", async () => {
      await therapist.goto(opened);
      return (await therapist.getByRole("heading", { level: 1 }).innerText()).includes("We can’t show this");
    });
    await until("the history does not tell of it", async () => {
      await family.goto(`${record}/looked?who=others`);
      const looks = family.locator(".look.emergency");
      return (await looks.filter({ hasText: "opened the record in an emergency" }).count())
        && (await looks.filter({ hasText: "Allergies" }).count());
    });
    await shown(family, "emergency-looked");
  });

  await walk.test("the officer sees what waits, looks at what was read, and signs it off", async () => {
    const officer = await visit(browser);
    await holdfast.signIn(officer, addressOf(/compliance officer/));
    await officer.getByText("One waits for your review.").waitFor();
    await officer.getByRole("link", { name: "Opened in an emergency" }).first().click();
    await heading(officer, "Opened in an emergency");
    const card = officer.locator("main li.card").first();
    assert.match(await card.innerText(), new RegExp(`${REASON}[^]*${number}`));
    await shown(officer, "emergencies");
    await card.getByRole("button", { name: /^What they looked at meanwhile/ }).click();
    await officer.locator("#found-title").waitFor();
    await officer.locator("tbody tr").filter({ hasText: "Allergies" }).first().waitFor();
    await officer.goto(`${holdfast.site}/office/emergencies`);
    await card.getByRole("button", { name: /^Sign it off/ }).click();
    await officer.getByRole("alert").getByText("Choose what you found.").waitFor();
    await card.getByRole("radio", { name: "It was an emergency" }).check();
    await card.getByLabel("What you want to note").fill("spoke with the family");
    await card.getByRole("button", { name: /^Sign it off/ }).click();
    await officer.getByText("It was signed off.").waitFor();
    await officer.getByText("Nothing waits for you.").waitFor();
    assert.match(await card.innerText(), /spoke with the family/);
    assert.equal(await card.getByRole("button", { name: /^Sign it off/ }).count(), 0);
    await shown(officer, "emergencies-signed");
  });
});
