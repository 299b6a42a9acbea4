// The main job, walked in a browser on the whole product: on a desk, on a phone, without script; then everything around it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { program, root } from "./holdfast.mjs";
import { badInput } from "./walks/bad-input.mjs";
import { bundle, own } from "./walks/bundle.mjs";
import { further } from "./walks/further.mjs";
import { byKeyboard } from "./walks/keyboard.mjs";
import { mainJob, PRACTICE } from "./walks/main-job.mjs";
import { officer } from "./walks/officer.mjs";
import { phone as onThePhone } from "./walks/phone.mjs";
import { reading } from "./walks/reading.mjs";
import { bySource } from "./walks/sources.mjs";
import { addressOf, browser, files, holdfast, stage } from "./walks/stage.mjs";
import { withPaper } from "./walks/with-paper.mjs";

const FAMILY = { email: "hanna.beispielhaft@families.example", name: "Hanna Beispielhaft" };
const PHONE = { viewport: { width: 360, height: 800 }, hasTouch: true };
const PYTHON = process.env.HOLDFAST_PYTHON ?? join(root, ".tools/python/bin/python");
const pictures = process.env.HOLDFAST_PICTURES === "1" && join(root, "docs/pictures");

let file;

// Many people sign in here within minutes, from one address.
stage({ up: { args: ["--links-per-network-max", "1000"] }, then: async () => {
  // Pictures show nobody but who was made up here.
  file = pictures ? own(files) : bundle(files);
} });

// The README's pictures are of the desk's walk, which holds nothing but what somebody made up.
async function shown(page, name) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

test("the main job, and what is around it", { timeout: 900_000 }, async (walk) => {
  const walked = await mainJob(walk, { holdfast, browser, file, ...FAMILY, shown });
  const phone = await (async () => {
    let phone;
    await walk.test("the main job on a phone", async (onPhone) => {
      const shape = { ...PHONE, isMobile: true };
      const somebody = { email: "hugo.beispielhaft@families.example", name: "Hugo Beispielhaft" };
      phone = await mainJob(onPhone, { holdfast, browser, file, shape, ...somebody });
    });
    return phone;
  })();
  await walk.test("the main job without script", (plain) => mainJob(plain, {
    holdfast, browser, file, shape: { javaScriptEnabled: false },
    email: "helene.beispielhaft@families.example", name: "Helene Beispielhaft",
  }));
  await walk.test("the main job by keyboard alone", (keys) => byKeyboard(keys, {
    holdfast, browser, file, email: "holger.beispielhaft@families.example", name: "Holger Beispielhaft", practice: PRACTICE,
  }));
  const colleague = addressOf(/therapist.*little-quail|behaviour.*little-quail/);
  for (const [on, shape] of Object.entries({ desk: undefined, phone: { ...PHONE, isMobile: true } })) {
    await walk.test(`a message with a paper, ${on}`, (paper) => withPaper(paper, {
      holdfast, browser, file, shape, practice: PRACTICE, colleague,
      email: `heike.${on}@families.example`, name: "Heike Beispielhaft",
    }));
  }
  await walk.test("by source", (sources) => bySource(sources, { holdfast, browser, email: addressOf(/two households/) }));
  await walk.test("bad input", (bad) => badInput(bad, { holdfast, browser, ...walked, other: phone }));
  await walk.test("on the phone and on a bad line", (line) => onThePhone(line, {
    holdfast, browser, shape: { ...PHONE, isMobile: true }, devices: { desk: walked, phone },
  }));
  await walk.test("reading", (finds) => reading(finds, { ...walked, site: holdfast.site }));
  await walk.test("the privacy officer", (office) => officer(office, {
    holdfast, browser, email: addressOf(/compliance officer/), desk: { email: addressOf(/front desk/), name: "Fauxworth" },
  }));
  await walk.test("further", (more) => further(more, {
    holdfast, browser, files, file, ...walked, email: FAMILY.email, colleague,
  }));
});

test("an app's client calls each service by reflection alone", { timeout: 480_000 }, () => {
  const ran = spawnSync(PYTHON, ["-m", "unittest", "discover", "-s", join(root, "tests/python")], {
    cwd: root, encoding: "utf8", env: { ...process.env, HOLDFAST_BIN: program, HOLDFAST_DATA_DIR: holdfast.dataDir, HOLDFAST_SITE: holdfast.site },
  });
  assert.equal(ran.status, 0, ran.error?.message ?? ran.stderr);
  assert.match(ran.stderr, /Ran [1-9][0-9]* tests/);
});
