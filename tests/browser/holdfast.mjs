// The whole product on this machine for a test: started in a folder of its own, with its terminal as the mailbox.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { EventEmitter, on, once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const START_PATIENCE_MS = 300_000;
const MAIL_PATIENCE_MS = 20_000;

export const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
  .find((path) => path && existsSync(path));
export const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const program = process.env.HOLDFAST_BIN ?? join(root, "target/debug/holdfast");

// A folder that PostgreSQL's own account can get into: it does not run as root.
export function openDir() {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-browser-"));
  chmodSync(dir, 0o711);
  return dir;
}

export class Holdfast {
  #process;
  #terminal = new EventEmitter();
  // What the terminal showed so far.
  said = "";

  // Everything in a folder of its own, or in `dataDir`; `command` runs it as somebody else, `group` as a terminal does: as the first of
  // a process group.
  static async up({ dataDir, args = [], command = [program], env = process.env, group = false } = {}) {
    assert.ok(existsSync(program), "no holdfast program: build it, or set HOLDFAST_BIN");
    const holdfast = new Holdfast();
    holdfast.dataDir = dataDir ?? openDir();
    const [first, ...rest] = [...command, "up", "--data-dir", holdfast.dataDir, "--http", "127.0.0.1:0", ...args];
    holdfast.#process = spawn(first, rest, { cwd: root, env, detached: group, stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: holdfast.#process.stdout });
    lines.on("line", (line) => {
      holdfast.said += `${line}\n`;
      holdfast.#terminal.emit("line", line);
    });
    lines.on("close", () => holdfast.#terminal.emit("error", new Error("holdfast ended by itself")));
    try {
      const shown = [/ready after (\S+) s/, /^ {2}pages +(\S+)/];
      const [seconds, site] = await Promise.all(shown.map((line) => holdfast.terminal(line, START_PATIENCE_MS)));
      holdfast.readySeconds = Number(seconds);
      holdfast.site = new URL(site).origin;
    } catch (error) {
      await holdfast.down();
      throw error;
    }
    return holdfast;
  }

  get pid() {
    return this.#process.pid;
  }

  // What `pattern` finds in the next line that it fits.
  async terminal(pattern, patience = MAIL_PATIENCE_MS) {
    for await (const [line] of on(this.#terminal, "line", { signal: AbortSignal.timeout(patience) })) {
      const found = pattern.exec(line);
      if (found) return found[1];
    }
  }

  // Asks for a link as `email` on this page's browser, and opens it there.
  async signIn(page, email) {
    await page.goto(`${this.site}/sign-in`);
    await page.getByLabel("E-mail").fill(email);
    const link = this.terminal(/^ {2}sign in: (\S+)/);
    await page.getByRole("button", { name: "Send me a link" }).click();
    await page.getByRole("heading", { name: "Check your mail" }).waitFor();
    await page.goto(await link);
    await page.getByRole("button", { name: "Yes, sign me in" }).click();
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  }

  // The code it ended with.
  async stopped(signal) {
    this.#terminal.on("error", () => {});
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, "exit");
      if (signal) this.#process.kill(signal);
      await ended;
    }
    return this.#process.exitCode;
  }

  async down() {
    await this.stopped("SIGTERM");
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
