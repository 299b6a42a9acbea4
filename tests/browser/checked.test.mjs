// “Check this list yourself” on the running product: the browser verifies the proof, catches one that was changed on its way, and what is
// saved verifies with the program of an outsider.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { program } from "./holdfast.mjs";
import { own } from "./walks/bundle.mjs";
import { browser, files, holdfast, stage } from "./walks/stage.mjs";
import { begin, bringIn, heading, mayFail, notShown, visit } from "./walks/steps.mjs";

const FAMILY = { email: "pia.beispielhaft@families.example", name: "Pia Beispielhaft" };
// Without a service worker every request can be answered by the test.
const PHONE = { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true, serviceWorkers: "block" };
const PATIENCE_MS = 60_000;
// What is younger than a minute might not have been recorded when the page was made.
const OLD_MS = 65_000;
const PROOF = /\/looked\/proof(\?|$)/;

let page;
let record;
let born;

stage({ then: async () => {
  page = await visit(browser, PHONE);
  await begin(holdfast, page, FAMILY.email, FAMILY.name);
  await bringIn(holdfast, page, own(files).path);
  await page.getByRole("link", { name: "Open the record" }).click();
  await heading(page, /’s record$/);
  record = page.url();
  born = Date.now();
} });

const box = () => page.getByRole("region", { name: "Check this list yourself" });
// What the page says once the check has ended.
async function checked() {
  await page.goto(`${record}/looked?who=all`);
  const own = box();
  await own.getByRole("button", { name: "Check on this device" }).click();
  const said = own.getByRole("status").locator(".notice:not(.info)");
  await said.waitFor();
  return { tone: await said.getAttribute("class"), text: (await said.innerText()).replace(/\s+/g, " ") };
}
const entries = ({ text }) => Number(/: (\d+) of \1 entries, none missing/.exec(text)?.[1] ?? assert.fail(text));

// Answers the proof as `change` makes it out of the server's.
async function tampered(change) {
  await page.route(PROOF, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: change(await answer.text()) });
  });
  const outcome = await checked();
  await page.unroute(PROOF);
  return outcome;
}
const lines = (change) => (text) => `${change(text.trimEnd().split("\n")).join("\n")}\n`;

test("the list is checked on the family’s own phone", { timeout: 600_000 }, async (walk) => {
  let first;
  await walk.test("every entry is in the log, and none is missing", async () => {
    const outcome = await checked();
    assert.match(outcome.tone, /good/, outcome.text);
    first = entries(outcome);
    const shown = await page.locator("[data-events]").count();
    assert.ok(first >= shown && shown > 3, `${first} entries, ${shown} lines`);
    assert.match(outcome.text, new RegExp(`Lines on this page that are in the proof: ${shown}`));
    assert.match(outcome.text, /Between the first and the last line of this page, nothing is missing/);
    assert.match(outcome.text, /first check here/);
  });

  await walk.test("a later check goes on from what this browser saw", async () => {
    const outcome = await checked();
    assert.match(outcome.tone, /good/, outcome.text);
    // At least the look at the list and the taking of the proof.
    assert.ok(entries(outcome) >= first + 2, outcome.text);
    assert.match(outcome.text, /goes on from what you saw before/);
    await page.getByText("looked at this list").first().waitFor();
    await page.getByText("checked this list").first().waitFor();
  });

  await walk.test("a proof that was changed on its way does not hold, and the page says where and what to do", async () => {
    const left = await tampered(lines((all) => all.filter((_, at) => at !== all.length - 3)));
    assert.match(left.tone, /stop/, left.text);
    assert.match(left.text, /does not match its proof\. Entry \d+ does not fit\. Keep this page.*1-800-555-0100/);
    const cut = await tampered(lines((all) => all.slice(0, -1)));
    assert.match(cut.text, /does not match its proof\. Entry \d+ is missing\./);
    const altered = await tampered((text) => text.replace(/("head":\{"count":)(\d+)/, (_, head, count) => `${head}${count - 1}`));
    assert.match(altered.text, /does not match its proof\. The number of your entries is not proved\./);
  });

  await walk.test("a proof that is older than what was seen does not hold", async () => {
    let kept;
    await page.route(PROOF, async (route) => {
      const answer = await route.fetch();
      kept ??= await answer.text();
      await route.fulfill({ response: answer, body: kept });
    });
    assert.match((await checked()).tone, /good/);
    // The check itself is an entry: the log has more as soon as that is in it.
    const sizeOf = (text) => Number(/\n(\d+)\n/.exec(text)[1]);
    const standing = sizeOf(JSON.parse(kept.split("\n")[1]).checkpoint);
    const deadline = Date.now() + PATIENCE_MS;
    while (sizeOf(await (await fetch(`${holdfast.site}/log/checkpoint`)).text()) <= standing) {
      assert.ok(Date.now() < deadline, "the look is not in the log");
    }
    const again = await checked();
    assert.match(again.tone, /stop/, again.text);
    assert.match(again.text, /shorter than it was before|does not go on/);
    await page.unroute(PROOF);
  });

  await walk.test("a line that nobody recorded is not in the proof", async () => {
    await page.route(/\/looked\?who=all$/, async (route) => {
      const answer = await route.fetch();
      const old = "2020-01-01T00:00:00-05:00";
      const body = (await answer.text()).replace(/data-events="([^"]+)"(.*?)datetime="[^"]+"/s, `data-events="00000000-0000-7000-8000-000000000000"$2datetime="${old}"`);
      await route.fulfill({ response: answer, body });
    });
    const outcome = await checked();
    await page.unroute(/\/looked\?who=all$/);
    assert.match(outcome.tone, /stop/, outcome.text);
    assert.match(outcome.text, /A line on this page is not in the proof: \S+/);
  });

  // Answers the page as `change` makes it, from the first time on or only once.
  async function changed(change, times) {
    const handler = async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: change(await answer.text()) });
    };
    await page.route(/\/looked\?who=all$/, handler, { times });
    const outcome = await checked();
    await page.unroute(/\/looked\?who=all$/);
    return outcome;
  }
  // The last line but one.
  const withoutALine = (body) => {
    const lines = [...body.matchAll(/<li class="look.*?<\/li>/gs)];
    return body.replace(lines.at(-2)[0], "");
  };

  await walk.test("a line that was left out is missed, unless it is there by now", async () => {
    await new Promise((old) => setTimeout(old, born + OLD_MS - Date.now()));
    const left = await changed(withoutALine);
    assert.match(left.tone, /stop/, left.text);
    assert.match(left.text, /does not match its proof\. Entry \d+ belongs on this page and is not on it\./);
    const heardLate = await changed(withoutALine, 1);
    assert.match(heardLate.tone, /good/, heardLate.text);
  });

  await walk.test("a line with another date is not in the proof", async () => {
    const moved = await changed((body) => {
      const [line] = [...body.matchAll(/<li class="look.*?<\/li>/gs)].at(-1);
      return body.replace(line, line.replace(/datetime="\d{4}/, 'datetime="2020'));
    });
    assert.match(moved.tone, /stop/, moved.text);
    assert.match(moved.text, /A line on this page is not in the proof: \S+/);
  });

  await walk.test("of a part of the list it is said that nothing is known of what is not in it", async () => {
    await page.goto(`${record}/looked?who=me`);
    await box().getByRole("button", { name: "Check on this device" }).click();
    const said = box().getByRole("status").locator(".notice:not(.info)");
    await said.waitFor();
    assert.match(await said.innerText(), /This page shows a part of the list/);
  });

  await walk.test("without an answer nothing is said to be checked", async () => {
    mayFail(page, PROOF);
    await page.route(PROOF, (route) => route.fulfill({ status: 500, body: "" }));
    const outcome = await checked();
    await page.unroute(PROOF);
    assert.match(outcome.tone, /warn/, outcome.text);
    assert.match(outcome.text, /nothing was checked/);
    assert.match((await checked()).tone, /good/, "and after that it is checked again");
  });

  await walk.test("what is saved verifies offline with the program of an outsider, and the page goes on from it", async () => {
    await page.goto(`${record}/looked`);
    const arrived = page.waitForEvent("download");
    await box().getByRole("link", { name: "Save the proof" }).click();
    const download = await arrived;
    assert.match(download.suggestedFilename(), /^holdfast-proof-\d{4}-\d{2}-\d{2}\.ndjson$/);
    const saved = join(files, "saved.ndjson");
    await download.saveAs(saved);
    const key = join(files, "verifier.key");
    writeFileSync(key, await (await fetch(`${holdfast.site}/log/verifier.key`)).text());
    const verify = (file) => spawnSync(join(dirname(program), "holdfast-verify"), ["--key", key, "--export", file], { encoding: "utf8" });
    const whole = verify(saved);
    assert.equal(whole.status, 0, whole.stderr);
    assert.match(whole.stdout, /^verified: all \d+ entries of patient /);
    writeFileSync(join(files, "less.ndjson"), lines((all) => all.toSpliced(-2, 1))(readFileSync(saved, "utf8")));
    assert.equal(verify(join(files, "less.ndjson")).status, 1);

    await page.evaluate(() => localStorage.clear());
    await page.goto(`${record}/looked`);
    await page.getByText("Check without this page").click();
    await page.getByLabel("A proof that you saved before").setInputFiles(saved);
    await page.getByRole("button", { name: "Check on this device" }).click();
    await box().getByText("goes on from what you saw before").waitFor();
  });

  await walk.test("without script the proof can be saved, and the page says how to check it", async () => {
    const plain = await browser.newContext({ ...PHONE, javaScriptEnabled: false, storageState: await page.context().storageState() });
    const other = await plain.newPage();
    await other.goto(`${record}/looked`);
    assert.equal(await other.getByRole("button", { name: "Check on this device" }).count(), 0);
    await other.getByRole("link", { name: "Save the proof" }).waitFor();
    await other.getByText("Check without this page").click();
    await other.getByText("holdfast-verify --key").waitFor();
    await plain.close();
  });

  await walk.test("nobody else is given the proof", async () => {
    const stranger = await visit(browser);
    await begin(holdfast, stranger, "otto.beispielhaft@families.example", "Otto Beispielhaft");
    await stranger.goto(`${record}/looked/proof`);
    await notShown(stranger);
  });
});
