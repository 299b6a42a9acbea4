// Records to bring in: a real one where the shared data lies beside the project, and one of our own about somebody who does not exist.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "../holdfast.mjs";

const SYNTHEA = join(root, "../shared/data/synthea-uscore-2021");
const ROOM = { room: "Shots", type: "Immunization" };

export function bundle(folder) {
  let compressed;
  try {
    compressed = readdirSync(SYNTHEA).find((name) => name.startsWith("8a4c9c04-"));
  } catch {
    console.log("no shared data beside the project: a record of our own stands in for the real one");
  }
  if (!compressed) return own(folder);
  const path = join(folder, "record.json");
  const whole = spawnSync("bunzip2", ["-c", join(SYNTHEA, compressed)], { maxBuffer: 1 << 26 });
  assert.equal(whole.status, 0, "bunzip2 could not read the bundle");
  writeFileSync(path, whole.stdout);
  return { path, ...ROOM };
}

const text = (words) => ({ text: words });
const SHOTS = [
  ["Hepatitis B", "2020-03-04"], ["Rotavirus", "2020-05-06"], ["Diphtheria, tetanus, whooping cough", "2020-05-06"],
  ["Polio", "2020-07-08"], ["Flu", "2021-10-11"], ["Measles, mumps, rubella", "2021-03-15"], ["Chickenpox", "2021-03-15"],
  ["Hepatitis A", "2022-04-05"], ["Flu", "2025-10-02"],
];
const GOALS = ["Asks for help using words", "Takes turns in a game", "Waits for two minutes", "Dresses with one hint"];
const FINDINGS = [
  ["Body height", 98, "cm", "2023-03-09"], ["Body weight", 15.1, "kg", "2023-03-09"],
  ["Body height", 112, "cm", "2025-03-11"], ["Body weight", 19.4, "kg", "2025-03-11"],
];
const VISITS = [["Speech therapy", "2026-11-03"], ["Speech therapy", "2026-11-10"], ["Well child visit", "2025-03-11"]];

export function own(folder) {
  const subject = { reference: "urn:uuid:00000000-0000-4000-8000-000000000001" };
  const vital = [{ coding: [{ system: "http://terminology.hl7.org/CodeSystem/observation-category", code: "vital-signs" }] }];
  const resources = [
    { resourceType: "Patient", name: [{ family: "Beispielhaft", given: ["Juno"] }], gender: "female", birthDate: "2020-03-03" },
    ...SHOTS.map(([name, occurrenceDateTime]) => ({
      resourceType: "Immunization", status: "completed", vaccineCode: text(name), patient: subject, occurrenceDateTime,
    })),
    ...GOALS.map((name) => ({ resourceType: "Goal", lifecycleStatus: "active", description: text(name), subject, startDate: "2026-09-01" })),
    ...FINDINGS.map(([name, value, unit, effectiveDateTime]) => ({
      resourceType: "Observation", status: "final", category: vital, code: text(name), subject, effectiveDateTime, valueQuantity: { value, unit },
    })),
    ...VISITS.map(([name, start]) => ({
      resourceType: "Encounter", status: "finished", type: [text(name)], subject, period: { start },
      serviceProvider: { reference: "Organization?identifier=https://clinics.example|1" },
      class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" },
    })),
    { resourceType: "Condition", code: text("Expressive language disorder"), subject, recordedDate: "2023-03-09" },
    { resourceType: "AllergyIntolerance", code: text("Peanut"), patient: subject, recordedDate: "2022-01-20" },
    { resourceType: "MedicationRequest", status: "active", intent: "order", medicationCodeableConcept: text("Vitamin D drops"), subject, authoredOn: "2025-03-11" },
  ];
  const entry = resources.map((resource, at) => {
    const id = `00000000-0000-4000-8000-${String(at + 1).padStart(12, "0")}`;
    return { fullUrl: `urn:uuid:${id}`, resource: { id, ...resource }, request: { method: "POST", url: resource.resourceType } };
  });
  const path = join(folder, "clinic-record.json");
  writeFileSync(path, JSON.stringify({ resourceType: "Bundle", type: "transaction", entry }));
  return { path, ...ROOM };
}

// The same file after its source added a word to each entry of a kind; under another name it would be of another source.
export function changed({ path, type }, folder) {
  const whole = JSON.parse(readFileSync(path, "utf8"));
  for (const { resource } of whole.entry) {
    if (resource.resourceType === type) resource.note = [{ text: "Looked at again." }];
  }
  const later = join(mkdtempSync(join(folder, "later-")), basename(path));
  writeFileSync(later, JSON.stringify(whole));
  return later;
}
