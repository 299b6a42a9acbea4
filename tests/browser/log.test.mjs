// The transparency log as an outsider fetches it: no session, plain GET, under the paths of C2SP tlog-tiles.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { Holdfast, program } from "./holdfast.mjs";

const PATIENCE_MS = 60_000;
// A log that did not grow for so long has come to rest.
const REST_MS = 2_000;

// The checkpoint of the demo's events, once it is published.
async function checkpoint(site, isGood = () => true) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await fetch(`${site}/log/checkpoint`);
    const text = await answer.text();
    if (answer.status === 200 && Number(text.split("\n")[1]) > 256 && isGood(text)) return { answer, text };
    assert.ok(Date.now() < deadline, `no checkpoint: ${answer.status} ${text}`);
  }
}

test("anybody reads the log's files, and nothing but them", async (t) => {
  const holdfast = await Holdfast.up();
  t.after(() => holdfast.down());
  const { site, dataDir } = holdfast;
  const { answer, text } = await checkpoint(site);
  assert.equal(text.split("\n")[0], "holdfast/log");
  assert.equal(answer.headers.get("cache-control"), "no-cache");

  await t.test("as they lie in the data directory", async () => {
    const tile = await fetch(`${site}/log/tile/0/000`);
    assert.equal(tile.status, 200);
    assert.match(tile.headers.get("cache-control"), /immutable/);
    assert.equal(tile.headers.get("set-cookie"), null);
    assert.deepEqual(Buffer.from(await tile.arrayBuffer()), readFileSync(join(dataDir, "log/tile/0/000")));
    const key = await fetch(`${site}/log/verifier.key`);
    assert.equal(await key.text(), readFileSync(join(dataDir, "log/verifier.key"), "utf8"));
  });

  await t.test("under their one spelling, and no other file of the machine", async () => {
    const paths = ["tile/0/0", "tile/0/999", "tile/0/000.p/256", "tile/9/000", "secrets/log.key", "%2e%2e/secrets/log.key",
      "tile/0/..%2f..%2f..%2fsecrets/log.key", "..%2fsecrets%2flog.key", "checkpoint/", "",
      // Who did when what under which pseudonym is for auditors.
      "tile/entries/000"];
    for (const path of paths) assert.equal((await fetch(`${site}/log/${path}`)).status, 404, path);
    assert.equal((await fetch(`${site}/log/checkpoint`, { method: "POST" })).status, 405);
  });

  const witness = join(dataDir, "witness/verifier.key");
  await t.test("cosigned by a witness, which is a process of its own", async () => {
    const [name] = readFileSync(witness, "utf8").split("+");
    const cosigned = (text) => text.includes(`\n\u2014 ${name} `);
    // What the demo network set off is in it for a while: the last checkpoint, not one on the way, is what is verified below.
    let last;
    do {
      last = (await checkpoint(site, cosigned)).text;
      await new Promise((wait) => setTimeout(wait, REST_MS));
    } while (last !== (await checkpoint(site)).text);
  });

  await t.test("with the key alone an outsider verifies them offline, and what was altered does not hold", async () => {
    const earlier = join(dataDir, "earlier");
    writeFileSync(earlier, text);
    await holdfast.stopped("SIGTERM");
    const verifier = join(dirname(program), "holdfast-verify");
    const verify = ([first, ...rest], ...more) => {
      const subject = ["--key", join(dataDir, "log/verifier.key"), "--export", join(dataDir, "log"), "--older", earlier];
      return spawnSync(first, [...rest, ...subject, ...more], { encoding: "utf8" });
    };
    for (const command of [[verifier], [program, "audit", "verify"]]) {
      const { status, stdout, stderr } = verify(command);
      assert.equal(status, 0, stderr);
      assert.match(stdout, /^verified: [1-9]\d+ entries/);
      const seen = verify(command, "--witness", witness);
      assert.equal(seen.status, 0, seen.stderr);
      assert.match(seen.stdout, /witnesses 1$/m);
      // A key of nobody who has seen it.
      const stranger = "stranger.example+0f79aca6+BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";
      const unseen = verify(command, "--witness", witness, "--witness", stranger);
      assert.equal(unseen.status, 1, unseen.stderr);
      assert.match(unseen.stderr, /not cosigned by the witness `stranger.example`/);
      assert.equal(verify(command, "--witness", witness, "--witness", stranger, "--quorum", "1").status, 0);
    }
    const key = join(dataDir, "log/verifier.key");
    const exported = spawnSync(program, ["audit", "export-log", "--folder", join(dataDir, "log"), "--key", key, "--older", earlier], { maxBuffer: 1 << 28 });
    assert.equal(exported.status, 0, exported.stderr.toString());
    writeFileSync(join(dataDir, "export.ndjson"), exported.stdout);
    const whole = spawnSync(verifier, ["--key", key, "--export", join(dataDir, "export.ndjson")], { encoding: "utf8" });
    assert.equal(whole.status, 0, whole.stderr);
    // Whether the log grew meanwhile is up to the machine: a checkpoint of the same size has nothing to continue.
    const size = (checkpoint) => checkpoint.split("\n")[1];
    const grew = size(readFileSync(join(dataDir, "log/checkpoint"), "utf8")) === size(text) ? 0 : 1;
    assert.match(whole.stdout, new RegExp(`^verified: [1-9]\\d+ entries.*earlier checkpoints continued ${grew}`));
    const bundle = join(dataDir, "log/tile/entries/000");
    const entries = readFileSync(bundle);
    entries[entries.length - 1] ^= 1;
    writeFileSync(bundle, entries);
    for (const command of [[verifier], [program, "audit", "verify"]]) {
      const { status, stderr } = verify(command);
      assert.equal(status, 1, stderr);
      assert.match(stderr, /not verified/);
    }
  });
});
