// Who runs a practice sets its own sign-in provider, and a therapist signs in by it: a certified one, which others wrote, runs here
// beside the whole product.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, test } from "node:test";
import Provider from "oidc-provider";
import { root } from "./holdfast.mjs";
import { addressOf, browser, holdfast, shown, stage } from "./walks/stage.mjs";
import { heading, mayFail, visit } from "./walks/steps.mjs";

const PYTHON = process.env.HOLDFAST_PYTHON ?? join(root, ".tools/python/bin/python");
const PHONE = { viewport: { width: 360, height: 740 } };
const CLIENT = { client_id: "holdfast", client_secret: "a secret between two programs" };
const DOMAIN = "little-steps.example";
const DANA = `dana.beispielhaft@${DOMAIN}`;
const STRANGER = `nobody@${DOMAIN}`;

let provider;
// What the practice says of somebody at the moment.
const groups = new Map([[DANA, ["clinicians"]]]);

// The practice's provider. Whom its own page is told by name is who they are there.
async function openProvider(site) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const oidc = new Provider(issuer, {
    clients: [{ ...CLIENT, redirect_uris: [`${site}/sign-in/practice/back`] }],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", kid: "of-the-practice" }] },
    cookies: { keys: ["of a test"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], groups: ["groups"] },
    findAccount: (_, email) => ({
      accountId: email,
      claims: () => ({ sub: email, email, email_verified: true, groups: groups.get(email) ?? [] }),
    }),
  });
  server.on("request", oidc.callback());
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { issuer, close };
}

stage({ then: async () => {
  provider = await openProvider(holdfast.site);
  const ran = spawnSync(PYTHON, [join(root, "tests/python/invite.py"), DANA], {
    cwd: root, encoding: "utf8", env: { ...process.env, HOLDFAST_DATA_DIR: holdfast.dataDir },
  });
  assert.equal(ran.status, 0, ran.error?.message ?? ran.stderr);
} });

after(() => provider?.close());

// Somebody's browser. What stands on the practice's own page is not ours to look over; its letters come from nowhere here.
async function guest(shape) {
  const page = await visit(browser, shape);
  mayFail(page, new RegExp(`^${provider.issuer}/`));
  await page.route("https://fonts.googleapis.com/**", (route) => route.fulfill({ contentType: "text/css", body: "" }));
  return page;
}

// Off to the practice, as far as its own page; what a browser keeps of it may make that page go by at once.
async function off(page, email) {
  await page.goto(`${holdfast.site}/sign-in`);
  await page.getByRole("link", { name: "Sign in with your practice" }).click();
  await heading(page, "Sign in with your practice");
  await page.getByLabel("Work e-mail").fill(email);
  await page.getByRole("button", { name: "Next" }).click();
  await heading(page, "Your practice knows you");
  await page.getByText(new URL(provider.issuer).host).waitFor();
  await page.getByRole("link", { name: "Go to my practice’s sign-in" }).click();
}

// Says there who it is, and comes back; answers with where the practice sent it.
async function there(page, email) {
  await page.waitForURL((url) => url.origin === provider.issuer);
  await page.locator('input[name="login"]').fill(email);
  await page.locator('input[name="password"]').fill("whatever");
  await page.getByRole("button").first().click();
  const back = page.waitForURL((url) => url.pathname === "/sign-in/practice/back");
  const consent = page.getByRole("button", { name: /continue/i });
  await Promise.race([back, consent.waitFor().then(() => consent.click())]);
  await back;
  return page.url();
}

const confirm = (page) => page.getByRole("button", { name: "Yes, sign me in" }).click();

test("signing in with the practice", { timeout: 400_000 }, async (walk) => {
  const page = await guest();
  const runs = await guest(PHONE);
  let used;

  await walk.test("who runs the practice sets its provider, and what is wrong is said beside it", async () => {
    await holdfast.signIn(runs, addressOf(/speech therapist/));
    await runs.goto(`${holdfast.site}/work`);
    await runs.getByRole("link", { name: "Change how they sign in" }).click();
    await heading(runs, "How your people sign in");
    await runs.getByText("no sign-in service is set").waitFor();
    await runs.getByText(`${holdfast.site}/sign-in/practice/back`).waitFor();
    await shown(runs, "provider-none-phone");
    await runs.getByLabel("Address of your sign-in service").fill("http://elsewhere.example");
    await runs.getByLabel("Client ID").fill(CLIENT.client_id);
    await runs.getByLabel("Client secret").fill(CLIENT.client_secret);
    await runs.getByLabel("Domains of your e-mail addresses").fill(DOMAIN);
    await runs.getByLabel("Scopes to ask for").fill("groups");
    await runs.getByLabel("therapist", { exact: false }).first().fill("clinicians");
    await runs.getByRole("button", { name: "Save" }).click();
    await runs.getByRole("alert").getByText("Write an https address").waitFor();
    await shown(runs, "provider-wrong-phone");
    assert.equal(await runs.getByLabel("Client secret").inputValue(), "", "a secret is sent back to nobody");
    await runs.getByLabel("Address of your sign-in service").fill(provider.issuer);
    await runs.getByLabel("Client secret").fill(CLIENT.client_secret);
    await runs.getByRole("button", { name: "Save" }).click();
    await runs.getByText("Saved. It counts from the next sign-in.").waitFor();
    await runs.getByText("a sign-in service is set").waitFor();
    assert.equal(await runs.getByLabel("therapist", { exact: false }).first().inputValue(), "clinicians");
    assert.ok(!(await runs.content()).includes(CLIENT.client_secret), "the secret is never shown");
    await shown(runs, "provider-set-phone");
  });

  await walk.test("a therapist who was invited signs in by it and works there", async () => {
    await off(page, DANA);
    used = await there(page, DANA);
    await heading(page, "Sign in on this device?");
    await shown(page, "practice-back");
    await confirm(page);
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    await page.goto(`${holdfast.site}/work`);
    assert.equal(new URL(page.url()).pathname, "/work");
  });

  await walk.test("what came back once is no way in again, here or elsewhere, and neither is what was made up", async () => {
    const other = await guest(PHONE);
    await other.goto(used);
    await heading(other, "This sign-in no longer works");
    await shown(other, "practice-again-phone");
    await off(other, DANA);
    await other.goto(used);
    await confirm(other);
    await heading(other, "This sign-in no longer works");
    await other.goto(`${holdfast.site}/sign-in/practice/back?state=made-up&code=made-up`);
    await confirm(other);
    await heading(other, "This sign-in no longer works");
    await other.goto(`${holdfast.site}/work`);
    await heading(other, "Your record, in your hands");
  });

  await walk.test("the practice takes the role away, and the next sign-in is without it", async () => {
    groups.set(DANA, []);
    const next = await guest();
    await off(next, DANA);
    await there(next, DANA);
    await confirm(next);
    await next.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    await next.goto(`${holdfast.site}/work`);
    assert.notEqual(new URL(next.url()).pathname, "/work");
  });

  await walk.test("whom nobody invited is told so, in their language, and whom no practice knows, too", async () => {
    const stranger = await guest({ ...PHONE, locale: "es-MX" });
    await stranger.goto(`${holdfast.site}/sign-in/practice`);
    await stranger.getByLabel("Correo del trabajo").fill("dana@elsewhere.example");
    await stranger.getByRole("button", { name: "Siguiente" }).click();
    await stranger.getByText("Ningún centro entra aquí con esta dirección.").first().waitFor();
    await stranger.getByLabel("Correo del trabajo").fill(STRANGER);
    await stranger.getByRole("button", { name: "Siguiente" }).click();
    await stranger.getByRole("link", { name: "Ir a la entrada de mi centro" }).click();
    await there(stranger, STRANGER);
    await stranger.getByRole("button", { name: "Sí, quiero entrar" }).click();
    await heading(stranger, "Su centro todavía no le ha invitado");
    await shown(stranger, "practice-uninvited-phone-es");
  });

  await walk.test("a provider that is away when it is asked who came is told, and the link still lets people in", async () => {
    const late = await guest();
    await off(late, DANA);
    await there(late, DANA);
    provider.close();
    await confirm(late);
    await heading(late, "Your practice’s sign-in does not work now");
    await holdfast.signIn(late, DANA);
  });

  await walk.test("who runs the practice stops using it, and nobody signs in by it any more", async () => {
    await runs.goto(`${holdfast.site}/work/sign-in`);
    await runs.getByText("Stop using it").first().click();
    await runs.getByRole("button", { name: "Stop using it" }).click();
    await runs.getByText("Removed. Nobody signs in by it any more.").waitFor();
    await runs.getByText("no sign-in service is set").waitFor();
    const late = await guest();
    await late.goto(`${holdfast.site}/sign-in/practice`);
    await late.getByLabel("Work e-mail").fill(DANA);
    await late.getByRole("button", { name: "Next" }).click();
    await late.getByText("No practice signs in here with this address.").first().waitFor();
  });
});
