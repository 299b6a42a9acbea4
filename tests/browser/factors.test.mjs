// The second step of signing in, on the whole product: an app with codes, recovery codes, and passkeys on Chromium's virtual device.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { browser, holdfast, stage } from "./walks/stage.mjs";
import { begin, heading, visit } from "./walks/steps.mjs";

const STEP_MS = 30_000;
const FAMILY = { email: "nora.beispielhaft@families.example", name: "Nora Beispielhaft" };
const SHARER = { email: "ida.beispielhaft@families.example", name: "Ida Beispielhaft" };
const KEYED = { email: "otto.beispielhaft@families.example", name: "Otto Beispielhaft" };

stage({ up: { args: ["--no-demo"] } });

// What an app shows in a step (RFC 6238), by another implementation than the product's.
function codeOf(secret, step) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replaceAll(" ", "")].map((sign) => letters.indexOf(sign).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const moment = Buffer.alloc(8);
  moment.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", key).update(moment).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
const stepNow = () => Math.floor(Date.now() / STEP_MS);

// A device that keeps passkeys and knows its owner, plugged into this page's browser.
async function device(page) {
  const protocol = await page.context().newCDPSession(page);
  await protocol.send("WebAuthn.enable", { enableUI: false });
  const options = {
    protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await protocol.send("WebAuthn.addVirtualAuthenticator", { options });
  const credentials = async () => (await protocol.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  return { protocol, authenticatorId, credentials };
}
// Opens the link of a new mail; where that leads is for the test to see.
async function openLink(page, email) {
  await page.goto(`${holdfast.site}/sign-in`);
  await page.getByLabel("E-mail").fill(email);
  const link = holdfast.terminal(/^ {2}sign in: (\S+)/);
  await page.getByRole("button", { name: "Send me a link" }).click();
  await heading(page, "Check your mail");
  await page.goto(await link);
  await page.getByRole("button", { name: "Yes, sign me in" }).click();
}
const signOut = async (page) => {
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await heading(page, "You are signed out");
};

test("an app with codes", { timeout: 400_000 }, async (walk) => {
  const page = await visit(browser);
  let secret;
  let first;
  let codes;

  await walk.test("settings invite to a second step, which can be put off", async () => {
    await begin(holdfast, page, FAMILY.email, FAMILY.name);
    await page.goto(`${holdfast.site}/me`);
    await page.getByText("Make signing in safer").waitFor();
    await page.getByRole("button", { name: "Not now" }).click();
    await heading(page, "Settings");
    assert.equal(await page.getByText("Make signing in safer").count(), 0);
  });

  await walk.test("a picture and a text set up the app, and its first code confirms it", async () => {
    await page.getByRole("link", { name: "Set up a second step" }).click();
    await heading(page, "A second step to sign in");
    await page.getByRole("button", { name: "Set up an app" }).click();
    await heading(page, "Set up the app");
    assert.ok(await page.getByRole("img", { name: "Picture for the app to scan" }).locator("path").getAttribute("d"));
    secret = await page.locator("[data-secret]").innerText();
    const wrong = codeOf(secret, 1);
    await page.getByLabel("Code that the app shows now").fill(wrong);
    await page.getByRole("button", { name: "That is it" }).click();
    await page.getByRole("alert").getByText("This code is not right").waitFor();
    first = stepNow();
    await page.getByLabel("Code that the app shows now").fill(codeOf(secret, first));
    await page.getByRole("button", { name: "That is it" }).click();
    await heading(page, "Keep these codes");
    codes = await page.locator(".codes li").allInnerTexts();
    assert.equal(codes.length, 10);
  });

  await walk.test("the next sign-in wants a code after the link, and nothing opens before", async () => {
    await page.getByRole("link", { name: "I have kept them" }).click();
    await signOut(page);
    await openLink(page, FAMILY.email);
    await heading(page, "One more step");
    await page.goto(`${holdfast.site}/me`);
    await heading(page, "One more step");
    await page.getByLabel("Code").fill(codeOf(secret, first));
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("alert").getByText("This code was used").waitFor();
    await page.getByLabel("Code").fill(codes[0].toUpperCase());
    await page.getByRole("button", { name: "Go on" }).click();
    await heading(page, "Settings");
    await page.goto(`${holdfast.site}/second-factor`);
    await page.getByText("9 codes are left").waitFor();
  });
});

test("passkeys", { timeout: 400_000 }, async (walk) => {
  const page = await visit(browser);
  const key = await device(page);

  await walk.test("one is set up in the settings, with a name", async () => {
    await begin(holdfast, page, KEYED.email, KEYED.name);
    await page.goto(`${holdfast.site}/second-factor`);
    await page.getByLabel("What do you call it?").fill("My tablet");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await heading(page, "Keep these codes");
    const made = await key.credentials();
    assert.deepEqual(made.map(({ isResidentCredential, rpId }) => [isResidentCredential, rpId]), [[true, "localhost"]]);
    await page.goto(`${holdfast.site}/second-factor`);
    await page.locator(".rows .name").getByText("My tablet", { exact: true }).waitFor();
  });

  await walk.test("the same one is not set up twice", async () => {
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByRole("status").getByText("The passkey was not used").waitFor();
    assert.equal((await key.credentials()).length, 1);
  });

  // The device answers what the field for the address offers by itself.
  await walk.test("it signs in without mail and without a code, by what the browser offers", async () => {
    await signOut(page);
    await page.goto(`${holdfast.site}/sign-in`, { waitUntil: "commit" });
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    await page.goto(`${holdfast.site}/me`);
    await page.getByText(KEYED.email).waitFor();
  });

  await walk.test("one that was taken away lets nobody in", async () => {
    await page.goto(`${holdfast.site}/second-factor`);
    await page.getByRole("button", { name: /^Take away/ }).click();
    await heading(page, "A second step to sign in");
    assert.equal(await page.locator(".rows .name").count(), 0);
    await signOut(page);
    await page.goto(`${holdfast.site}/sign-in`, { waitUntil: "commit" });
    await page.getByText("We do not know this passkey").waitFor();
    const session = (await page.context().cookies()).find(({ name }) => name === "holdfast_session");
    assert.equal(session, undefined);
  });
});

test("before somebody shares", { timeout: 400_000 }, async (walk) => {
  const page = await visit(browser);
  // Two devices that were left open, from before there was a second step; on one of them no script runs.
  const left = await visit(browser);
  const plain = await visit(browser, { javaScriptEnabled: false, viewport: { width: 360, height: 800 } });
  const keys = await device(page);
  const kept = await device(left);
  let share;
  let codes;

  await walk.test("who has no second step is not held up", async () => {
    await begin(holdfast, page, SHARER.email, SHARER.name);
    await page.goto(`${holdfast.site}/people/new`);
    const form = page.getByRole("region", { name: "Open an empty record" });
    await form.getByRole("radio", { name: "My own" }).check();
    await form.getByLabel("First name").fill("Ida");
    await form.getByLabel("Last name").fill("Beispielhaft");
    await form.getByLabel("Birth date").fill("3 3 1990");
    await form.getByRole("button", { name: "Open the record" }).click();
    await heading(page, /record/);
    share = `${new URL(page.url()).pathname.split("/").slice(0, 3).join("/")}/sharing/new`;
    await page.goto(`${holdfast.site}${share}`);
    await heading(page, "Who do you want to share with?");
    for (const device of [left, plain]) await holdfast.signIn(device, SHARER.email);
  });

  await walk.test("who has one shows it on each device, by a passkey, and comes to the form", async () => {
    await page.goto(`${holdfast.site}/second-factor`);
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await heading(page, "Keep these codes");
    codes = await page.locator(".codes li").allInnerTexts();
    await page.goto(`${holdfast.site}${share}`);
    await heading(page, "Who do you want to share with?");

    const [credential] = await keys.credentials();
    await kept.protocol.send("WebAuthn.addCredential", { authenticatorId: kept.authenticatorId, credential });
    await left.goto(`${holdfast.site}${share}`);
    await heading(left, "Show that it is you");
    await left.getByRole("button", { name: "Use a passkey" }).click();
    await heading(left, "Who do you want to share with?");
  });

  await walk.test("or by a code, where no script runs; to look needs nothing again", async () => {
    await plain.goto(`${holdfast.site}${share.replace(/\/new$/, "")}`);
    await heading(plain, "Who can see what");
    await plain.goto(`${holdfast.site}${share.replace(/new$/, "who/help")}`);
    await heading(plain, "Show that it is you");
    await plain.getByLabel("Code").fill(codes[0]);
    await plain.getByRole("button", { name: "Go on" }).click();
    await heading(plain, "Who is to help you?");
  });
});
