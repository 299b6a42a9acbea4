// What a family finds: by a word, by how long ago, on paper, and at home.

import assert from "node:assert/strict";
import { THERAPIST } from "./main-job.mjs";
import { heading, share } from "./steps.mjs";

const DAY_MS = 86_400_000;
const day = (shift) => new Date(Date.now() + shift * DAY_MS).toISOString();
const term = (system, code) => [{ coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }] }];
const subject = { reference: "Patient/self" };
const result = (id, text, value, shift) => ({
  resourceType: "Observation", id, status: "final", subject, category: term("observation-category", "laboratory"),
  code: { text }, effectiveDateTime: day(shift).slice(0, 10), valueQuantity: { value, unit: "µg/dL" },
});
const note = (id, description, words) => ({
  resourceType: "DocumentReference", id, status: "current", subject, description, date: day(-20),
  type: { coding: [{ system: "http://loinc.org", code: "34117-2" }] },
  content: [{ attachment: { contentType: "text/plain", data: Buffer.from(words).toString("base64") } }],
});
const FILE = {
  name: "clinic.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ resourceType: "Bundle", type: "collection", entry: [
    result("z1", "Zinc in blood", 70, -10), result("z2", "Zinc in blood", 64, -800), result("l1", "Lead in blood", 3, -9),
    note("n1", "Session on the purple swing", "Ten minutes."), note("n2", "Session with the drum", "Five minutes."),
    {
      resourceType: "Appointment", id: "a1", status: "booked", description: "Hearing check", start: day(3),
      participant: [{ actor: subject, status: "accepted" }],
    },
  ].map((resource) => ({ resource })) })),
};

export async function reading(walk, { family, record, site }) {
  const rows = family.locator("#list .rows li");
  const find = async (words) => {
    await family.getByLabel("Find in this list").fill(words);
    await family.getByRole("button", { name: "Find", exact: true }).click();
    await family.getByLabel("Find in this list").and(family.locator(`[value="${words}"]`)).waitFor();
  };

  await walk.test("results are found by their kind and narrowed to a time", async () => {
    await family.goto(`${record}/import`);
    await family.getByLabel("The file").setInputFiles(FILE);
    await family.getByRole("button", { name: "Bring it in" }).click();
    await heading(family, /^6 new/);
    await family.goto(`${record}/c/results`);
    await find("zinc");
    assert.equal(await rows.count(), 2);
    for (const text of await rows.allTextContents()) assert.match(text, /Zinc in blood/);
    await family.goto(`${record}/c/results`);
    await family.getByRole("link", { name: "Last 12 months" }).click();
    await family.waitForURL(/since=year/);
    assert.equal(await rows.filter({ hasText: "Zinc in blood" }).count(), 1);
    assert.match(await rows.filter({ hasText: "Zinc in blood" }).textContent(), /70/);
    assert.equal(await rows.filter({ hasText: "Lead in blood" }).count(), 1);
  });

  await walk.test("notes are found by a word", async () => {
    await family.goto(`${record}/c/notes`);
    await find("purple swing");
    assert.deepEqual(await family.locator("#list .rows .name").allTextContents(), ["Session on the purple swing"]);
    assert.ok(!family.url().includes("purple"), "what was looked for stands in the address");
  });

  await walk.test("a room on paper says whose it is, when it was printed, and each thing in it", async () => {
    await family.goto(`${record}/c/notes`);
    const name = await family.getByRole("region", { name: "Whose record this is" }).innerText();
    await family.emulateMedia({ media: "print" });
    await family.getByText(/^Printed .+, from Holdfast$/).waitFor();
    const [, whose] = /([A-Z]\S+ \S+)/.exec(name);
    assert.ok((await family.locator("body").innerText()).includes(whose), `no ${whose} on paper`);
    for (const text of ["Session on the purple swing", "Session with the drum"]) await rows.filter({ hasText: text }).waitFor();
    assert.equal(await family.getByRole("button", { name: "Print this list" }).isVisible(), false);
    assert.equal(await family.getByLabel("Find in this list").isVisible(), false);
    await family.emulateMedia({ media: "screen" });
  });

  await walk.test("home says what is new, what is next and what needs the family", async () => {
    const until = day(4).slice(0, 10);
    await share(family, record, { find: "Notional", who: new RegExp(THERAPIST.name), rooms: ["Goals"], until });
    await family.goto(`${record}`);
    await family.goto(`${site}/h`);
    await heading(family, /^Good /);
    const part = (title) => family.getByRole("region", { name: title });
    await part("Next visit").getByText("Hearing check").waitFor();
    await part("Newest in the record").getByRole("link", { name: /Lead in blood/ }).waitFor();
    const need = family.getByRole("link").filter({ hasText: THERAPIST.name }).filter({ hasText: "until" });
    await need.first().click();
    await heading(family, new RegExp(THERAPIST.name));
  });
}
