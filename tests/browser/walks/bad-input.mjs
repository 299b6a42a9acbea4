// What pages do with what they cannot take: it is said in words, and nothing comes of it.

import assert from "node:assert/strict";
import { bringIn, heading, keepPaper, lookOver, mayFail, notShown, visit } from "./steps.mjs";

const JSON_FILE = { name: "record.json", mimeType: "application/json" };
// It names somebody who is not in it.
const BROKEN = { ...JSON_FILE, buffer: Buffer.from(JSON.stringify({
  resourceType: "Bundle",
  type: "transaction",
  entry: [{
    fullUrl: "urn:uuid:00000000-0000-4000-8000-0000000000a1",
    resource: {
      resourceType: "Condition",
      code: { text: "made up" },
      subject: { reference: "urn:uuid:00000000-0000-4000-8000-0000000000ff" },
    },
    request: { method: "POST", url: "Condition" },
  }],
})) };
const MIB = 1024 * 1024;
const RECORD = { resourceType: "Bundle", type: "collection", entry: [{ resource: {
  resourceType: "Condition", id: "c1", subject: { reference: "Patient/self" },
  code: { coding: [{ system: "https://codes.example/unheard-of", code: "77" }] },
} }] };
const CODED = { ...JSON_FILE, buffer: Buffer.from(JSON.stringify(RECORD)) };
const NO_TEXT = { ...JSON_FILE, buffer: Buffer.from(JSON.stringify(RECORD).replace("unheard", "\xff\xfe"), "latin1") };
const LARGE = { ...JSON_FILE, buffer: Buffer.concat([CODED.buffer, Buffer.alloc(32 * MIB, " ")]) };
const LARGER = { ...JSON_FILE, buffer: Buffer.concat([CODED.buffer, Buffer.alloc(34 * MIB, " ")]) };
const CUT = { ...JSON_FILE, buffer: Buffer.from('{"resourceType": "Bundle", "type": "transaction", "entry": [{') };
const PROGRAM = { name: "letter.pdf", mimeType: "application/pdf", buffer: Buffer.from("MZ\x90\x00\x03 this is no PDF") };

// `other`: another family, and its record.
export async function badInput(walk, { holdfast, browser, family, record, slug, therapist, thread, other }) {
  const people = async () => {
    await family.goto(`${holdfast.site}/people`);
    await heading(family, "Whose record?");
    return family.locator(".rows a").count();
  };
  const threads = async () => {
    await family.goto(`${record}/messages`);
    await heading(family, "Messages");
    return family.locator(".rows li").count();
  };

  await walk.test("a sign-in link lets in once", async () => {
    const page = await visit(browser);
    await page.goto(`${holdfast.site}/sign-in`);
    await page.getByLabel("E-mail").fill("twice.beispielhaft@families.example");
    const sent = holdfast.terminal(/^ {2}sign in: (\S+)/);
    await page.getByRole("button", { name: "Send me a link" }).click();
    await heading(page, "Check your mail");
    const link = await sent;
    const asked = await page.context().cookies(link);
    await page.goto(link);
    await page.getByRole("button", { name: "Yes, sign me in" }).click();
    await heading(page, "What should we call you?");

    const again = await visit(browser);
    await again.context().addCookies(asked);
    await again.goto(link);
    await lookOver(again);
    await again.getByRole("button", { name: "Yes, sign me in" }).click();
    await heading(again, "This link no longer works");
    const kept = (await again.context().cookies()).map((cookie) => cookie.name);
    assert.ok(!kept.includes("holdfast_session"), kept.join(" "));
    await again.goto(`${holdfast.site}/h`);
    await heading(again, "Your record, in your hands");
  });

  await walk.test("a file that cannot be taken opens no record, and the place in it is said", async () => {
    const before = await people();
    for (const [file, place] of [[BROKEN, /Bundle\.entry\[0\]/], [CUT, /Bundle|line/], [NO_TEXT, /Bundle/], [LARGE, /^Bundle$/]]) {
      await bringIn(holdfast, family, file);
      const trouble = family.getByRole("alert");
      await trouble.getByText("We could not read this file. Nothing was changed.").waitFor();
      assert.match(await trouble.locator("code").innerText(), place);
    }
    assert.equal(await people(), before);
  });

  await walk.test("a file that cannot be taken changes nothing in a record, and the place in it is said", async () => {
    const counts = async () => {
      await family.goto(record);
      return family.locator(".room .n").allInnerTexts();
    };
    const before = await counts();
    const alert = family.getByRole("alert");
    for (const [file, said, place] of [
      [BROKEN, "One entry points to another that is not in the file.", /Bundle\.entry\[0\]/],
      [NO_TEXT, "This file is not one that we can read.", /Bundle/],
      [LARGE, "This file is too large.", /^Bundle$/],
      [CODED, "We do not know some of the codes in this file. Nothing was changed.", /unheard-of[^]*Bundle\.entry\[0\]/],
    ]) {
      await family.goto(`${record}/import`);
      await family.getByLabel("The file").setInputFiles(file);
      await family.getByRole("button", { name: "Bring it in" }).click();
      await alert.getByText(said).waitFor();
      assert.match((await alert.locator("code").allInnerTexts()).join(" "), place);
      await lookOver(family);
    }
    assert.deepEqual(await counts(), before);
  });

  await walk.test("a file that is larger than any form is refused on a page that says so", async () => {
    const before = await people();
    await bringIn(holdfast, family, LARGER);
    await heading(family, "This is too large");
    await family.getByText("Nothing was changed.").waitFor();
    assert.equal(await people(), before);
  });

  await walk.test("a paper that is not what it says is not kept", async () => {
    const papers = async () => {
      await family.goto(`${record}/papers`);
      return family.locator("#list .rows li").count();
    };
    const before = await papers();
    mayFail(family, /\/papers\/uploads/);
    await keepPaper(family, record, PROGRAM, "A letter");
    await family.getByText(/Nothing was kept\./).first().waitFor();
    assert.equal(await papers(), before);
  });

  await walk.test("another account's address of a record opens nothing", async () => {
    await therapist.goto(record);
    await notShown(therapist);
  });

  await walk.test("a talk of another record is not shown", async () => {
    await family.goto(`${record}/messages/${thread}`);
    await heading(family, "A question about the next visit");
    await family.goto(`${other.record}/messages/${thread}`);
    await notShown(family);
    await other.family.goto(`${other.record}/messages/${thread}`);
    await notShown(other.family);
  });

  await walk.test("a message for someone else's talk is not kept", async () => {
    const bubbles = async () => {
      await family.goto(`${record}/messages/${thread}`);
      await heading(family, "A question about the next visit");
      return family.locator(".bubble").count();
    };
    const before = await bubbles();
    await other.family.goto(`${other.record}/messages/new`);
    const request_id = await other.family.locator("[name=request_id]").first().inputValue();
    for (const at of [`${other.record}/messages/${thread}`, `${record}/messages/${thread}`]) {
      const answer = await other.family.request.post(at, {
        headers: { "sec-fetch-site": "same-origin" }, form: { request_id, text: "Is this your talk?" },
      });
      assert.equal(answer.status(), 404);
      assert.match(await answer.text(), /We can’t show this/);
    }
    assert.equal(await bubbles(), before);
  });

  await walk.test("a page of one list is no page of another", async () => {
    const more = family.locator(".pager a");
    const look = () => family.request.get(`${record}/c/${slug}`);
    // As many looks as it takes until one page does not hold them.
    for (await family.goto(`${record}/looked?who=all`); !(await more.count()); await family.reload()) {
      await Promise.all(Array.from({ length: 20 }, look));
    }
    const next = await more.getAttribute("href");
    const page = new URL(next, record).searchParams.get("page");
    assert.ok(page, next);
    for (const at of [`looked?who=all&kind=read&page=${page}`, `looked?who=all&page=nonsense`, `c/results?page=${page}`]) {
      await family.goto(`${record}/${at}`);
      await notShown(family);
    }
    await family.goto(new URL(next, record).href);
    await heading(family, "Who looked");
  });

  await walk.test("a session that was made up opens nothing, and what it sends is not kept", async () => {
    const [own] = (await family.context().cookies()).filter(({ name }) => name === "holdfast_session");
    const before = await threads();
    await family.goto(`${record}/messages/new`);
    const form = (name) => family.locator(`[name=${name}]`).first().inputValue();
    const fields = { request_id: await form("request_id"), to: await form("to"), subject: "About", text: "Hello" };
    const forger = await visit(browser);
    for (const value of ["made-up", `${own.value.slice(0, -1)}${own.value.endsWith("A") ? "B" : "A"}`]) {
      await forger.context().addCookies([{ ...own, value }]);
      const answer = await forger.request.post(`${record}/messages`, { headers: { "sec-fetch-site": "same-origin" }, form: fields });
      assert.equal(answer.status(), 401);
      await forger.context().addCookies([{ ...own, value }]);
      await forger.goto(record);
      await heading(forger, "Your record, in your hands");
    }
    assert.equal(await threads(), before);
  });

  await walk.test("a form that is no text changes nothing", async () => {
    const before = await threads();
    await family.goto(`${record}/messages/new`);
    const form = (name) => family.locator(`[name=${name}]`).first().inputValue();
    const fields = new URLSearchParams({ request_id: await form("request_id"), to: await form("to"), subject: "About" });
    const answer = await family.request.post(`${record}/messages`, {
      headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" },
      data: Buffer.concat([Buffer.from(`${fields}&text=`), Buffer.from([0xff, 0xfe, 0x41])]),
    });
    assert.equal(answer.status(), 422);
    assert.match(await answer.text(), /We could not read this form/);
    assert.equal(await threads(), before);
  });
}
