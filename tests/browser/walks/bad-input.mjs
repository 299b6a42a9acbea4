// What pages do with what they cannot take: it is said in words, and nothing comes of it.

import assert from "node:assert/strict";
import { bringIn, heading, keepPaper, notShown, visit } from "./steps.mjs";

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
const CUT = { ...JSON_FILE, buffer: Buffer.from('{"resourceType": "Bundle", "type": "transaction", "entry": [{') };
const PROGRAM = { name: "letter.pdf", mimeType: "application/pdf", buffer: Buffer.from("MZ\x90\x00\x03 this is no PDF") };

export async function badInput(walk, { holdfast, browser, family, record, therapist, thread, elsewhere }) {
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
    await again.getByRole("button", { name: "Yes, sign me in" }).click();
    await heading(again, "This link no longer works");
    const kept = (await again.context().cookies()).map((cookie) => cookie.name);
    assert.ok(!kept.includes("holdfast_session"), kept.join(" "));
    await again.goto(`${holdfast.site}/h`);
    await heading(again, "Your record, in your hands");
  });

  await walk.test("a malformed file opens no record, and the place in it is said", async () => {
    const before = await people();
    for (const [file, place] of [[BROKEN, /Bundle\.entry\[0\]/], [CUT, /Bundle|line/]]) {
      await bringIn(holdfast, family, file);
      const trouble = family.getByRole("alert");
      await trouble.getByText("We could not read this file. Nothing was changed.").waitFor();
      assert.match(await trouble.locator("code").innerText(), place);
    }
    assert.equal(await people(), before);
  });

  await walk.test("a malformed file changes nothing in a record", async () => {
    const counts = async () => {
      await family.goto(record);
      return family.locator(".room .n").allInnerTexts();
    };
    const before = await counts();
    await family.goto(`${record}/import`);
    await family.getByLabel("The file").setInputFiles(BROKEN);
    await family.getByRole("button", { name: "Bring it in" }).click();
    await family.getByRole("alert").getByText("One entry points to another that is not in the file.").waitFor();
    assert.match(await family.getByRole("alert").locator("code").innerText(), /Bundle\.entry\[0\]/);
    assert.deepEqual(await counts(), before);
  });

  await walk.test("a paper that is not what it says is not kept", async () => {
    const papers = async () => {
      await family.goto(`${record}/papers`);
      return family.locator("#list .rows li").count();
    };
    const before = await papers();
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
    await family.goto(`${elsewhere}/messages/${thread}`);
    await notShown(family);
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
