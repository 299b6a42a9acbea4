// A family names a practice, the practice says yes, its care team sees what was agreed to, and the family changes its mind and ends it;
// the practice manager sets what the team is to see. A practice asks the family of its network's record, and invites another by e-mail.
// On a desk and on a phone, in English and in Spanish.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { addressOf, browser, holdfast, shown, stage, until } from "./walks/stage.mjs";
import { begin, heading, mayFail, notShown, visit } from "./walks/steps.mjs";

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const WORD = "Noa, speech on Tuesdays";

stage();

test("a practice treats", { timeout: 400_000 }, async (walk) => {
  const family = await visit(browser, PHONE);
  const desk = await visit(browser);
  const practices = (page) => page.getByRole("region", { name: "Practices that treat" });
  let practice;
  let record;
  let manager;

  await walk.test("a free-standing record needs no practice, and says so", async () => {
    await begin(holdfast, family, "noas.mother@mail.example", "Rut");
    await family.goto(`${holdfast.site}/people/new`);
    const form = family.getByRole("region", { name: "Open an empty record" });
    await form.getByLabel("First name").fill("Noa");
    await form.getByLabel("Last name").fill("L.");
    await form.getByLabel("Birth date").fill("3 3 2020");
    await form.getByRole("radio", { name: "My child’s" }).check();
    await form.getByRole("button", { name: "Open the record" }).click();
    await heading(family, /’s record/);
    record = new URL(family.url()).origin + new URL(family.url()).pathname.split("/").slice(0, 3).join("/");
    await family.goto(`${record}/sharing`);
    await heading(family, "Who can see what");
    await practices(family).getByText("No practice is linked. You need none").waitFor();
    await shown(family, "treating-none-phone");
  });

  await walk.test("the front desk knows whom its practice treats, and nobody else does", async () => {
    await holdfast.signIn(desk, addressOf(/front desk/));
    await desk.getByRole("link", { name: "Whom we treat" }).click();
    await heading(desk, "Whom we treat");
    practice = (await desk.locator(".lead bdi").innerText()).trim();
    await desk.getByText("nobody waits for you").waitFor();
    await family.goto(`${holdfast.site}/desk`);
    await notShown(family);
    await desk.goto(`${holdfast.site}/desk/policy`);
    await notShown(desk);
  });

  await walk.test("the family names the practice and what it may see, and nothing is seen yet", async () => {
    await family.goto(`${record}/sharing`);
    await practices(family).getByRole("link", { name: "Ask a practice" }).click();
    await heading(family, "Ask a practice to treat");
    await family.getByRole("button", { name: "Next" }).click();
    await family.getByRole("alert").getByText("Choose a practice.").waitFor();
    await family.getByRole("radio", { name: practice, exact: true }).check();
    await family.getByRole("button", { name: "Next" }).click();
    await heading(family, `What may ${practice} see?`);
    await shown(family, "treating-care-phone");
    const sees = family.getByRole("group", { name: "Its therapists see" });
    for (const box of await family.getByRole("checkbox").all()) await box.uncheck();
    await family.getByRole("button", { name: "Ask them" }).click();
    await family.getByRole("alert").getByText("Tick at least one thing").waitFor();
    for (const box of await family.getByRole("checkbox").all()) await box.uncheck();
    for (const room of ["Name and address", "Goals", "Visit notes"]) await sees.getByRole("checkbox", { name: room }).check();
    await family.getByLabel("A word to the practice").fill(WORD);
    await family.getByRole("button", { name: "Ask them" }).click();
    await heading(family, "Who can see what");
    await family.getByText("The practice sees nothing before it has answered.").waitFor();
    await practices(family).getByText("waits for the practice").waitFor();
    await shown(family, "treating-waits-phone");
  });

  await walk.test("the front desk reads who it is, and says yes", async () => {
    await until("the desk is not asked", async () => {
      await desk.goto(`${holdfast.site}/desk`);
      return desk.getByText("one family waits for you").isVisible();
    });
    const card = desk.locator("main li.card").first();
    await card.getByText(WORD).waitFor();
    await shown(desk, "desk");
    await card.getByRole("button", { name: /^Yes, we treat/ }).click();
    await desk.getByText("You treat. The care team sees what the family agreed to.").waitFor();
    await heading(desk, "Whom we treat");
    await desk.getByText("we treat", { exact: true }).waitFor();
  });

  await walk.test("a therapist of the practice sees what was agreed to, and the family why", async () => {
    await family.goto(`${record}/sharing`);
    await practices(family).getByText("treats", { exact: true }).waitFor();
    await family.getByText(`because ${practice} treats`).first().waitFor();
    await heading(family, "Who can see what");
    await shown(family, "treating-now-phone");
    const therapist = await visit(browser);
    await holdfast.signIn(therapist, addressOf(/speech therapist/));
    await until("the therapist does not see the record", async () => {
      await therapist.goto(`${holdfast.site}/work`);
      return therapist.getByRole("link", { name: /Noa L\./ }).isVisible();
    });
    await therapist.getByRole("link", { name: /Noa L\./ }).click();
    await heading(therapist, /Noa L\./);
    await therapist.goto(`${therapist.url()}/c/medications`);
    await notShown(therapist);
  });

  await walk.test("in Spanish it is in Spanish", async () => {
    await family.goto(`${record}/sharing/practices`);
    await family.getByRole("button", { name: "Español" }).click();
    await heading(family, "Pedir a un consultorio que atienda");
    await shown(family, "treating-who-es-phone");
    await family.goto(`${record}/sharing`);
    await family.getByRole("region", { name: "Consultorios que atienden" }).getByText("atiende", { exact: true }).waitFor();
    await heading(family, /./);
    await shown(family, "treating-now-es-phone");
    await family.getByRole("button", { name: "English" }).click();
    await heading(family, "Who can see what");
  });

  await walk.test("the family changes what they see", async () => {
    await family.goto(`${record}/sharing`);
    await practices(family).getByRole("link", { name: /^What they see/ }).click();
    await heading(family, `What ${practice} sees`);
    await family.getByText("Tick what their care team sees from now on.").waitFor();
    const sees = family.getByRole("group", { name: "Its therapists see" });
    await sees.getByRole("checkbox", { name: "Visit notes" }).uncheck();
    await family.getByRole("button", { name: "Save" }).click();
    await family.getByText("Saved. That is what they see from now on.").waitFor();
    assert.ok(!(await practices(family).innerText()).includes("Visit notes"));
  });

  await walk.test("the practice manager takes a room from the team, and it is gone at the family’s", async () => {
    manager = await visit(browser);
    await holdfast.signIn(manager, addressOf(/speech therapist/));
    await manager.goto(`${holdfast.site}/desk/policy`);
    await heading(manager, "What our care team is to see");
    await manager.getByText("the usual: you have not set anything yet").waitFor();
    await shown(manager, "desk-policy");
    for (const part of ["Therapists see", "Therapists add and change", "Therapists save copies"]) {
      await manager.getByRole("group", { name: part }).getByRole("checkbox", { name: "Goals" }).uncheck();
    }
    await manager.getByRole("button", { name: "Save" }).click();
    await manager.getByText("Saved. What became less is less everywhere now.").waitFor();
    await until("the room is still shared", async () => {
      await family.goto(`${record}/sharing`);
      return !(await practices(family).innerText()).includes("Goals");
    });
  });

  await walk.test("what the practice asks for anew is not seen before the family says so, and one word answers it", async () => {
    await manager.goto(`${holdfast.site}/desk/policy`);
    await manager.getByRole("group", { name: "Therapists see" }).getByRole("checkbox", { name: "Goals" }).check();
    await manager.getByRole("button", { name: "Save" }).click();
    await heading(manager, "Whom we treat");
    await until("the family is not asked", async () => {
      await family.goto(`${record}/sharing`);
      return practices(family).getByText("asks for more").isVisible();
    });
    await practices(family).getByRole("link", { name: /^What they see/ }).click();
    await family.getByText("What is not ticked is new").waitFor();
    const sees = family.getByRole("group", { name: "Its therapists see" });
    assert.equal(await sees.getByRole("checkbox", { name: "Goals" }).isChecked(), false);
    await shown(family, "treating-more-phone");
    await family.getByRole("button", { name: "Save" }).click();
    await practices(family).getByText("treats", { exact: true }).waitFor();
    assert.ok(!(await practices(family).innerText()).includes("Goals"));
  });

  await walk.test("the family ends it, and the therapist sees nothing any more", async () => {
    await practices(family).getByRole("link", { name: /^End/ }).click();
    await heading(family, `End with ${practice}?`);
    await shown(family, "treating-end-phone");
    await family.getByRole("button", { name: "End now" }).click();
    await family.getByText("Ended. They see nothing through this any more.").waitFor();
    await practices(family).getByText("ended", { exact: true }).waitFor();
    await desk.goto(`${holdfast.site}/desk`);
    await heading(desk, "Whom we treat");
    await desk.getByText("ended", { exact: true }).waitFor();
    await until("the history does not tell of it", async () => {
      await family.goto(`${record}/looked`);
      return family.getByText("agreed that a practice treats").first().isVisible();
    });
  });
});

test("a practice asks, and invites", { timeout: 400_000 }, async (walk) => {
  const INVITED = "lias.father@mail.example";
  const desk = await visit(browser);
  const press = (page, name) => page.getByRole("button", { name }).first().click();
  const practices = (page) => page.getByRole("region", { name: "Practices that treat" });
  const saysNothing = async (page) => {
    await page.goto(`${holdfast.site}/invited`);
    await heading(page, "You are invited");
    await page.getByText("No invitation waits for you").waitFor();
  };
  let practice;
  let link;

  await walk.test("the desk asks a family of its network, which agrees to less", async () => {
    const mother = await visit(browser, PHONE);
    await holdfast.signIn(mother, addressOf(/two households/));
    await mother.goto(`${holdfast.site}/people`);
    await mother.locator("main a[href^='/r/']").first().click();
    await heading(mother, /record/);
    const record = new URL(mother.url()).origin + new URL(mother.url()).pathname.split("/").slice(0, 3).join("/");
    await mother.goto(`${record}/sharing/who`);
    const number = await mother.locator("main code").innerText();
    await holdfast.signIn(desk, addressOf(/front desk/));
    await desk.goto(`${holdfast.site}/desk`);
    practice = (await desk.locator(".lead bdi").innerText()).trim();
    await desk.getByLabel("Number of the record").fill("00000000-0000-4000-8000-000000000000");
    mayFail(desk, /\/desk/);
    await press(desk, "Ask the family");
    await desk.getByRole("alert").getByText("No record of your network has this number.").waitFor();
    await desk.getByLabel("Number of the record").fill(number);
    await press(desk, "Ask the family");
    await desk.getByText("Asked. You see nothing before the family has agreed.").waitFor();
    await until("the family is not asked", async () => {
      await mother.goto(`${holdfast.site}/h`);
      return mother.getByText("They ask to treat.").first().isVisible();
    });
    await mother.getByRole("link", { name: practice }).first().click();
    await heading(mother, `${practice} asks to treat. What may they see?`);
    await shown(mother, "treating-asked-phone");
    for (const box of await mother.getByRole("checkbox").all()) await box.uncheck();
    await mother.getByRole("group", { name: "Its therapists see" }).getByRole("checkbox", { name: "Goals" }).check();
    await press(mother, "Agree");
    await mother.getByText("Saved. That is what they see from now on.").waitFor();
    const told = await practices(mother).innerText();
    assert.ok(told.includes("Goals") && !told.includes("Visit notes"), told);
    await practices(mother).getByText("treats", { exact: true }).waitFor();
  });

  await walk.test("the desk invites an address, once", async () => {
    await desk.goto(`${holdfast.site}/desk`);
    await desk.getByRole("link", { name: "Invitations" }).click();
    await heading(desk, "Invitations");
    await desk.getByText("Nobody was invited yet").waitFor();
    await desk.getByLabel("Their e-mail address").fill("nobody");
    await press(desk, "Send the invitation");
    await desk.getByRole("alert").getByText("Write an e-mail address").waitFor();
    await desk.getByLabel("Their e-mail address").fill(INVITED);
    await desk.getByRole("radio", { name: "Español" }).check();
    const mailed = holdfast.terminal(/^ {2}sign in: (\S+)/);
    await press(desk, "Send the invitation");
    await desk.getByText("Sent. It is open for 14 days.").waitFor();
    link = new URL(await mailed);
    assert.equal(`${link.pathname}${link.search}${link.hash}`, "/invited", "the address says nothing");
    const mail = readFileSync(/^mail (\S+)$/gm.exec(holdfast.said.slice(holdfast.said.lastIndexOf("\nmail ") + 1))[1], "utf8");
    const [head, body] = mail.split("\r\n\r\n");
    const said = `${head}\n${Buffer.from(body, "base64")}`;
    assert.ok(said.includes(INVITED) && said.includes("/invited") && !said.includes(practice), said);
    await desk.getByText("waits for an answer").waitFor();
    await desk.getByLabel("Their e-mail address").fill(INVITED);
    await press(desk, "Send the invitation");
    await desk.getByRole("alert").getByText("You have invited this address already").waitFor();
    await shown(desk, "invitations");
  });

  await walk.test("whoever reads the address sees who asks and what, and nobody else does", async () => {
    const stranger = await visit(browser);
    await begin(holdfast, stranger, "somebody.else@mail.example", "Sol");
    await saysNothing(stranger);
    const invited = await visit(browser, PHONE);
    await invited.goto(link.href);
    assert.ok(new URL(invited.url()).pathname.startsWith("/sign-in"), "it is signed in for");
    await holdfast.signIn(invited, INVITED);
    await heading(invited, "You are invited");
    await invited.getByText(practice).first().waitFor();
    await invited.getByText("You have no record yet.").waitFor();
    await shown(invited, "invited-no-record-phone");
    await invited.getByRole("link", { name: "Add a person" }).first().click();
    const form = invited.getByRole("region", { name: "Open an empty record" });
    await form.getByLabel("First name").fill("Lia");
    await form.getByLabel("Last name").fill("P.");
    await form.getByLabel("Birth date").fill("3 3 2020");
    await form.getByRole("radio", { name: "My child’s" }).check();
    await form.getByRole("button", { name: "Open the record" }).click();
    await heading(invited, /’s record/);
    await invited.goto(link.href);
    await heading(invited, "You are invited");
    await shown(invited, "invited-phone");
    await press(invited, "See what they ask");
    await heading(invited, `What may ${practice} see?`);
    await shown(invited, "invited-asks-phone");
    await invited.getByRole("link", { name: "Not now" }).click();
    await heading(invited, "Who can see what");
    await practices(invited).getByText("No practice is linked.").waitFor();
    await saysNothing(invited);
  });

  await walk.test("the desk sees that it was answered, and takes another back", async () => {
    await desk.goto(`${holdfast.site}/desk/invitations`);
    await desk.getByText("said yes").waitFor();
    await desk.getByLabel("Their e-mail address").fill("somebody.else@mail.example");
    await press(desk, "Send the invitation");
    await desk.getByText("Sent. It is open for 14 days.").waitFor();
    await press(desk, "Take back");
    await desk.getByText("taken back", { exact: true }).waitFor();
    await shown(desk, "invitations-answered");
  });
});
