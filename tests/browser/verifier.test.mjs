// The verifier of the pages against proofs that the log's own code makes at the time of the test: whole ones hold, and none that was changed.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { root } from "./holdfast.mjs";

// The module as the gateway serves it; Node reads a file of this name as another kind of script.
const source = readFileSync(join(root, "web/static/proof.js"), "utf8");
const { Mismatch, keeps, openCheckpoint, openKey, saved, verify } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

let made;
let key;
let newest;
let patient;

before(() => {
  let program = join(root, "target/debug/examples/proofs");
  if (!existsSync(program)) {
    const built = spawnSync("cargo", ["build", "-p", "holdfast-translog", "--example", "proofs"], { cwd: root, encoding: "utf8" });
    assert.equal(built.status, 0, built.stderr);
  }
  const { status, stdout, stderr } = spawnSync(program, { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr);
  made = JSON.parse(stdout);
});

before(async () => {
  key = await openKey(made.key);
  newest = made.honest.at(-1).proof;
  ({ patient } = saved(newest));
});

const checkpoint = ({ note }) => openCheckpoint(note, key);
const changed = (proof, change) => {
  const lines = proof.trimEnd().split("\n");
  const result = change(lines) ?? lines;
  return `${result.join("\n")}\n`;
};
const edited = (line, edit) => { const all = JSON.parse(line); edit(Object.values(all)[0]); return JSON.stringify(all); };
const entriesOf = (lines) => lines.map((line, at) => [line, at]).filter(([line]) => line.startsWith('{"entry"')).map(([, at]) => at);
const flipped = (text, at) => {
  const bytes = Buffer.from(text, "base64");
  bytes[at % bytes.length] ^= 1;
  return bytes.toString("base64");
};
const refused = (proof, what, trust = {}) => assert.rejects(verify(proof, { key, patient, ...trust }), (error) => {
  assert.ok(error instanceof Mismatch, error.stack);
  if (what) assert.match(`${error.what} ${error.number ?? ""}`.trim(), what);
  return true;
});

test("every proof of a growing log holds, and continues every earlier one", async () => {
  const earlier = [];
  let before;
  for (const one of made.honest) {
    const proof = await verify(one.proof, { key, patient, earlier });
    assert.equal(proof.count, proof.entries.length);
    if (before) keeps(proof, before);
    assert.deepEqual(saved(one.proof), { patient, note: one.note, count: proof.count, last: proof.last });
    before = proof;
    earlier.push(await checkpoint(one));
  }
  assert.ok(before.count > 128, `${before.count} entries`);
  assert.equal(new Set(before.entries.map((entry) => entry.eventId)).size, before.count);
  assert.match(before.entries[0].eventId, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  assert.equal(before.time.toISOString(), "2026-01-01T00:00:06.000Z");
});

test("a log that was forked, or had more before, does not hold", async () => {
  const earlier = await Promise.all(made.honest.slice(0, -1).map(checkpoint));
  await verify(made.forked.proof, { key, patient, earlier: earlier.slice(0, 3) });
  await refused(made.forked.proof, /^fork$/, { earlier });
  await refused(made.honest[2].proof, /^back$/, { earlier });
  await refused(newest.replace(/^\{"consistency".*\n/gm, ""), /^fork$/, { earlier });
  const [honest, fewer] = [await verify(newest, { key, patient }), await verify(made.fewer.proof, { key, patient })];
  assert.throws(() => keeps(fewer, honest), /fewer/);
  assert.throws(() => keeps(honest, fewer), /entry/);
});

test("an entry that is taken out, doubled, exchanged, moved or cut off is found by its number", async () => {
  const at = entriesOf(newest.trimEnd().split("\n"));
  for (const [number, line] of at.entries()) {
    if (number % 17 && number !== at.length - 1) continue;
    const without = changed(newest, (lines) => lines.filter((_, place) => place !== line));
    await refused(without, number === at.length - 1 ? new RegExp(`^missing ${at.length}$`) : new RegExp(`^entry ${number + 1}$`));
    await refused(changed(newest, (lines) => lines.toSpliced(line, 0, lines[line])), /^(entry|missing) \d+$/);
    if (number === 0) continue;
    const moved = changed(newest, (lines) => { [lines[line - 1], lines[line]] = [lines[line], lines[line - 1]]; });
    await refused(moved, new RegExp(`^entry ${number}$`));
    await refused(changed(newest, (lines) => { lines[line] = lines[line - 1]; }), new RegExp(`^entry ${number + 1}$`));
  }
  await refused(newest.slice(0, -1), /^form$/);
  for (const share of [0.1, 0.5, 0.9]) await refused(newest.slice(0, newest.length * share));
});

test("no byte of a proof can be changed", async () => {
  const lines = newest.trimEnd().split("\n");
  const places = [entriesOf(lines)[0], entriesOf(lines)[70], entriesOf(lines).at(-1), lines.findIndex((line) => line.startsWith('{"closing"'))];
  for (const place of places) {
    const { bytes, proof } = Object.values(JSON.parse(lines[place]))[0];
    for (let byte = 0; byte < Buffer.from(bytes, "base64").length; byte += 13) {
      await refused(changed(newest, (all) => { all[place] = edited(all[place], (one) => { one.bytes = flipped(one.bytes, byte); }); }), /^(entry|head)/);
    }
    for (const [step] of proof.entries()) {
      await refused(changed(newest, (all) => { all[place] = edited(all[place], (one) => { one.proof[step] = flipped(one.proof[step], 3); }); }), /^(entry|head)/);
    }
    await refused(changed(newest, (all) => { all[place] = edited(all[place], (one) => { one.proof.pop(); }); }), /^(entry|head)/);
    await refused(changed(newest, (all) => { all[place] = edited(all[place], (one) => { one.index -= 1; }); }), /^(entry|head)/);
  }
  const head = lines.findIndex((line) => line.startsWith('{"head"'));
  for (const edit of [(one) => { one.count -= 1; }, (one) => { one.count += 1; }, (one) => { one.last = flipped(one.last, 0); },
    (one) => { one.proof[0] = flipped(one.proof[0], 9); }, (one) => { one.proof.pop(); }]) {
    await refused(changed(newest, (all) => { all[head] = edited(all[head], edit); }), /^head$/);
  }
  const ofAnother = newest.replace(/("patient":"[^"]*)(\d)"/, (_, begin, digit) => `${begin}${(Number(digit) + 1) % 4}"`);
  await refused(ofAnother, /^record$/);
  await refused(ofAnother, /^head$/, { patient: saved(ofAnother).patient });
});

test("a proof counts for the record that it is of, and for no other", async () => {
  const proof = await verify(newest, { key, patient });
  assert.equal(proof.patient, patient);
  const another = "0198c2f0-0000-7000-8000-000000000002";
  await refused(newest, /^record$/, { patient: another });
  await refused(newest, /^record$/, { patient: undefined });
  const { chain, count, last } = proof;
  keeps(proof, { patient, chain, count, last });
  assert.throws(() => keeps(proof, { patient: another, count, last }), /record/);
  assert.throws(() => keeps(proof, { chain: "AAAA", count, last }), /record/);
});

test("a checkpoint counts only with the signature of the log’s own key", async () => {
  const stranger = await openKey(made.other_key);
  await refused(newest, /^signature$/, { key: stranger });
  const { note } = made.honest.at(-1);
  for (const wrong of [note.replace(/\n\d+\n/, "\n7\n"), note.split("\n\n")[0], note.replace("\u2014 ", "- "), note.replace("log.example", "log.elsewhere"), ""]) {
    await assert.rejects(openCheckpoint(wrong, key), Mismatch);
  }
  await assert.rejects(openKey(made.key.replace(/\+[0-9a-f]{8}\+/, "+00000000+")), Mismatch);
  await assert.rejects(openKey("no key"), Mismatch);
});

test("what is no proof is not taken for one", async () => {
  for (const text of ["", "\n", "<!doctype html>\n", "{}\n", newest.replace("export-1", "export-2"), changed(newest, (lines) => lines.slice(1)), `${newest}{"head":{}}\n`]) {
    await refused(text);
  }
});
