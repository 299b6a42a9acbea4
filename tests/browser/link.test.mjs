// A family makes a link, a school nurse opens it on a phone, and the programs of others open it, too; once it is stopped nobody does.

import assert from "node:assert/strict";
import { test } from "node:test";
import jsQR from "jsqr";
import { SHL, SHLInvalidPasscodeError, SHLManifestNotFoundError, SHLViewer } from "kill-the-clipboard";
import { own } from "./walks/bundle.mjs";
import { browser, files, holdfast, shown, stage, until } from "./walks/stage.mjs";
import { begin, bringIn, heading, keepPaper, lookOver, mayFail, notShown, sees, stopSharing, visit } from "./walks/steps.mjs";

const FAMILY = { email: "nora.beispielhaft@families.example", name: "Nora Beispielhaft" };
const PHONE = { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true };
const PASSCODE = "kite-31";

let file;

stage({ then: () => {
  file = own(files);
} });

// The text of a link, once the form was filled in.
async function make(page, record, { label, rooms, passcode, times, download }) {
  await page.goto(`${record}/sharing`);
  await page.getByRole("link", { name: "Share by link or QR code" }).click();
  await heading(page, "Share by link or QR code");
  await page.getByLabel("Who is it for?").fill(label);
  for (const room of rooms) await page.getByRole("checkbox", { name: room, exact: true }).check();
  if (download) await page.getByRole("checkbox", { name: "They may save papers, too" }).check();
  if (times) await page.getByRole("radio", { name: times, exact: true }).check();
  if (passcode) await page.getByLabel("Passcode").fill(passcode);
  await page.getByRole("button", { name: "Make the link" }).click();
  await heading(page, `The link for ${label}`);
  return page.getByLabel("The link", { exact: true }).inputValue();
}

// What another's program reads out of the picture of a QR code, as a camera would see it.
async function scanned(page) {
  const picture = await page.locator("svg.qr").screenshot();
  const blank = await browser.newPage();
  const { pixels, width, height } = await blank.evaluate(async (base64) => {
    const raw = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    const image = await createImageBitmap(new Blob([raw], { type: "image/png" }));
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    return { pixels: [...data], width: image.width, height: image.height };
  }, picture.toString("base64"));
  await blank.close();
  return jsQR(Uint8ClampedArray.from(pixels), width, height)?.data;
}

const resolve = (shlinkURI, asked = {}) => new SHLViewer({ shlinkURI }).resolveSHL({ recipient: "kill-the-clipboard", ...asked });

test("a link", { timeout: 600_000 }, async (walk) => {
  const family = await visit(browser);
  let record;
  let text;

  await walk.test("it is made for whoever has no account, and shown once", async () => {
    await begin(holdfast, family, FAMILY.email, FAMILY.name);
    await bringIn(holdfast, family, file.path);
    await family.getByRole("link", { name: "Open the record" }).click();
    await heading(family, /’s record$/);
    record = family.url();
    const paper = { name: "plan.txt", mimeType: "text/plain", buffer: Buffer.from("Two words a day.\n") };
    await keepPaper(family, record, paper, "Plan for school");
    await heading(family, "Plan for school");
    await family.goto(`${record}/sharing/link`);
    await heading(family, "Share by link or QR code");
    await family.getByRole("button", { name: "Make the link" }).click();
    await family.getByRole("alert").getByText("Say in a few words who it is for").waitFor();
    await family.getByLabel("Who is it for?").fill("School nurse");
    await family.getByRole("button", { name: "Make the link" }).click();
    await family.getByRole("alert").getByText("Pick at least one kind.").waitFor();
    await family.getByRole("checkbox", { name: "Allergies", exact: true }).check();
    await family.getByLabel("Passcode").fill("abc");
    await family.getByRole("button", { name: "Make the link" }).click();
    await family.getByRole("alert").getByText("A passcode has 4 to 100 letters or numbers.").waitFor();
    assert.equal(await family.getByLabel("Who is it for?").inputValue(), "School nurse", "what was typed is kept");
    await shown(family, "link-form");
    const rooms = ["Allergies", file.room, "Papers", "Name and address"];
    text = await make(family, record, { label: "School nurse", rooms, passcode: PASSCODE, download: true });
    await shown(family, "link-made");
  });

  await walk.test("its QR code says the same, to a library that others wrote", async () => {
    assert.equal(await scanned(family), text);
    const { url, exp, flag, label } = SHL.parse(text);
    assert.match(url, new RegExp(`^${holdfast.site}/shl/[\\w-]{43}$`));
    assert.deepEqual([flag, label], ["LP", "Health record"]);
    const days = (exp * 1000 - Date.now()) / 86_400_000;
    assert.ok(days > 7 && days <= 8, `${days} days`);
  });

  await walk.test("a program of others opens it, the file in the manifest or beside it", async () => {
    await assert.rejects(resolve(text, { passcode: "kite-13" }), SHLInvalidPasscodeError);
    for (const more of [{}, { embeddedLengthMax: 10 }]) {
      const { manifest, fhirResources } = await resolve(text, { passcode: PASSCODE, ...more });
      assert.deepEqual(Object.keys(manifest.files[0]).sort(), ["contentType", more.embeddedLengthMax ? "location" : "embedded"]);
      const [bundle] = fhirResources;
      const kinds = new Set(bundle.entry.map(({ resource }) => resource.resourceType));
      for (const kind of ["Composition", "Patient", "AllergyIntolerance", file.type, "DocumentReference"]) assert.ok(kinds.has(kind), kind);
      assert.ok(!kinds.has("Goal") && !kinds.has("Condition"), "what was not shared is not in it");
      const paper = bundle.entry.find(({ resource }) => resource.description === "Plan for school").resource;
      assert.equal(Buffer.from(paper.content[0].attachment.data, "base64").toString(), "Two words a day.\n");
    }
    const { url } = SHL.parse(text);
    const before = await fetch(url, { method: "OPTIONS", headers: { origin: "https://viewer.example" } });
    assert.deepEqual([before.status, before.headers.get("access-control-allow-origin")], [204, "*"]);
    assert.equal((await fetch(url)).status, 405, "to look at the address opens nothing");
    assert.equal((await fetch(url, { method: "POST", body: "{}", headers: { "content-type": "application/json" } })).status, 400);
  });

  await walk.test("the nurse reads it on a phone, after a passcode that was wrong", async () => {
    const phone = await visit(browser, PHONE);
    mayFail(phone, /\/shl\//);
    await phone.goto(text);
    await heading(phone, "Something was shared with you");
    await shown(phone, "link-phone");
    await phone.getByRole("button", { name: "Open" }).click();
    await phone.getByText("Say who you are.").waitFor();
    await phone.getByLabel("Who are you?").fill("Nurse Ortiz");
    await phone.getByRole("textbox", { name: "Passcode" }).fill("kite-12");
    await phone.getByRole("button", { name: "Open" }).click();
    await phone.getByText("This passcode is wrong. Tries left: 3").waitFor();
    await shown(phone, "link-phone-wrong");
    await phone.getByRole("textbox", { name: "Passcode" }).fill(PASSCODE);
    await phone.getByRole("button", { name: "Open" }).click();
    await heading(phone, "Juno Beispielhaft");
    await phone.getByText(/^Shared with you until /).waitFor();
    await phone.getByText("Peanut").waitFor();
    await phone.getByText("Hepatitis A").waitFor();
    const saved = phone.waitForEvent("download");
    await phone.getByRole("link", { name: "Save Plan for school" }).click();
    assert.equal((await saved).suggestedFilename().replace(/\.\w+$/, ""), "Plan for school");
    await lookOver(phone);
    await shown(phone, "link-phone-open");
    await phone.getByRole("button", { name: "Español" }).click();
    await heading(phone, "Compartieron algo con usted");
    await phone.getByLabel("¿Quién es usted?").waitFor();
    await phone.context().close();
  });

  await walk.test("who looked says by which link, and the list how often and by whom it was opened", async () => {
    await sees(family, record, "read", "School nurse", file.room);
    await sees(family, record, "sharing", "School nurse", "opened the link");
    await sees(family, record, "sharing", "School nurse", "said a wrong passcode for the link");
    await shown(family, "link-looked");
    await family.goto(`${record}/sharing`);
    const card = family.locator("main li.card").filter({ hasText: "School nurse" });
    assert.match(await card.innerText(), /by link, opened 3 of 5 times/);
    await shown(family, "link-sharing");
    await card.getByRole("link", { name: /^Details/ }).click();
    await family.getByText(/^Nurse Ortiz, /).waitFor();
    await lookOver(family);
    await shown(family, "link-details");
  });

  await walk.test("once it is stopped nobody opens it any more", async () => {
    const phone = await visit(browser, PHONE);
    mayFail(phone, /\/shl\//);
    await phone.goto(text);
    await heading(phone, "Something was shared with you");
    await stopSharing(family, record, "School nurse");
    await phone.getByLabel("Who are you?").fill("Nurse Ortiz");
    await phone.getByRole("textbox", { name: "Passcode" }).fill(PASSCODE);
    await phone.getByRole("button", { name: "Open" }).click();
    await phone.getByText("This link is closed.").waitFor();
    await lookOver(phone);
    await shown(phone, "link-phone-closed");
    await assert.rejects(resolve(text, { passcode: PASSCODE }), SHLManifestNotFoundError);
    await phone.context().close();
  });

  await walk.test("a link for one time is opened once, by however many at once", async () => {
    const once = await make(family, record, { label: "Grandma", rooms: ["Allergies"], times: "1 time" });
    assert.equal(SHL.parse(once).flag, undefined);
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => resolve(once)));
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected", "rejected"]);
    await assert.rejects(resolve(once), SHLManifestNotFoundError);
    await family.goto(`${record}/sharing`);
    await family.locator("main li.card").filter({ hasText: "Grandma" }).getByText("not opened any more").waitFor();
    assert.ok(!holdfast.said.includes(SHL.parse(once).url.split("/").pop()), "no line of a log says the secret");
  });

  await walk.test("an address without a link says so, and so does a link of another place", async () => {
    const page = await visit(browser);
    await page.goto(`${holdfast.site}/shl`);
    await heading(page, "Something was shared with you");
    await page.getByText("There is no link in this address.").waitFor();
    const other = { url: "https://elsewhere.example/shl/x", key: "a".repeat(43), v: 1 };
    await page.goto(`${holdfast.site}/shl#shlink:/${Buffer.from(JSON.stringify(other)).toString("base64url")}`);
    await page.getByText("This link is of another place.").waitFor();
    await shown(page, "link-elsewhere");
    const stranger = await visit(browser);
    await begin(holdfast, stranger, "otto.fremd@families.example", "Otto Fremd");
    await stranger.goto(`${record}/sharing/link`);
    await notShown(stranger);
  });
});
