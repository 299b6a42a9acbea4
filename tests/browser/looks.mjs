// What is looked for on every page, whether the gallery draws it or a running installation shows it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

// Once for each document, before `audit`.
export const bringAxe = (page) => page.evaluate(axe);

export const audit = (page, rules = RULES) => page.evaluate(async (runOnly) => {
  const { violations } = await globalThis.axe.run(document, { runOnly, resultTypes: ["violations"] });
  return violations.flatMap((one) => one.nodes.map((node) => `${one.id} ${node.html.slice(0, 140)} ${node.any?.[0]?.message ?? ""}`));
}, rules);

export const sideways = (page) => page.evaluate(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth ? [`${scrollWidth} px wide on a screen of ${clientWidth}`] : [];
});

// What the browser itself finds wrong with a page goes to `found`: what the policy blocks, what a script throws, what does not load.
// A page that is refused is no such thing.
export function watch(page, found, isMeant = () => false) {
  const wrong = (what, url) => !isMeant(url) && found.push(`${new URL(page.url()).pathname}: ${what}`);
  page.on("pageerror", (error) => wrong(`${error}`, page.url()));
  page.on("console", (message) => {
    // That something does not load is told below, with how it was asked for.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) wrong(message.text(), message.location().url);
  });
  page.on("response", (answer) => {
    const isPage = answer.request().isNavigationRequest();
    if (answer.status() >= (isPage ? 500 : 400)) wrong(`${answer.status()} for ${new URL(answer.url()).pathname}`, answer.url());
  });
  page.on("requestfailed", (request) => {
    // What a page asked for ends when it is left, and a download when it is one.
    const { errorText } = request.failure();
    if (errorText !== "net::ERR_ABORTED") wrong(`${errorText} for ${new URL(request.url()).pathname}`, request.url());
  });
}
