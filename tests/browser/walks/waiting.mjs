// What waits for review: taken back by who said it, turned down by who looks after the network, and decided on what was seen.

import assert from "node:assert/strict";
import { heading } from "./steps.mjs";

const SAID = "What families say, and nobody has seen";

export async function waiting(walk, { holdfast, mother, mothers, officer, desk, card, press, does }) {
  const propose = async (note) => {
    await mother.goto(`${mothers}/new`);
    await mother.getByRole("radio", { name: "another parent" }).check();
    await mother.getByRole("radio", { name: "Guardianship" }).check();
    await mother.getByLabel(/^What the paper is/).fill(note);
    await press(mother, "Send it to the practice");
    const said = card(mother, "Said, but not in force", note);
    await said.waitFor();
    return said;
  };
  const look = async (page, note) => {
    await page.goto(`${holdfast.site}/authority/waiting`);
    await card(page, SAID, note).getByRole("button", { name: "Look at it" }).click();
    await page.getByText(note).waitFor();
  };

  await walk.test("who said something takes it back while nobody has looked at it", async () => {
    const said = await propose("first letter");
    await said.getByRole("link", { name: /^Take it back/ }).click();
    await heading(mother, /^Take back what you said of /);
    await press(mother, "Take it back");
    await mother.getByText("Taken back. Nothing follows from it.").waitFor();
    assert.equal(await said.count(), 0);
    await officer.goto(`${holdfast.site}/authority/waiting`);
    await officer.getByText("Nothing waits", { exact: true }).waitFor();
  });

  await walk.test("what two people look at is decided once, on what was seen", async () => {
    await propose("second letter");
    await look(officer, "second letter");
    await desk.goto(`${holdfast.site}/work`);
    await desk.getByRole("link", { name: "Waiting for review" }).click();
    await heading(desk, "Waiting for review");
    await look(desk, "second letter");
    await does(officer, /^I turn it down/);
    await officer.getByText("Turned down. Nothing follows from it.").waitFor();
    // What was turned down is there no more for whoever looked at it beside.
    await desk.getByRole("radio", { name: /^I have seen the papers/ }).check();
    await press(desk, "Do it");
    await heading(desk, "We can’t show this");
    await officer.goto(`${holdfast.site}/authority/waiting`);
    await officer.getByText("Nothing waits", { exact: true }).waitFor();
  });
}
