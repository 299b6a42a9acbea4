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

export class Holdfast {
  #process;
  #terminal = new EventEmitter();

  static async up() {
    const program = process.env.HOLDFAST_BIN ?? join(root, "target/debug/holdfast");
    assert.ok(existsSync(program), "no holdfast program: build it, or set HOLDFAST_BIN");
    const holdfast = new Holdfast();
    holdfast.dataDir = mkdtempSync(join(tmpdir(), "holdfast-browser-"));
    // PostgreSQL does not run as root: its own account has to get in.
    chmodSync(holdfast.dataDir, 0o711);
    const args = ["up", "--data-dir", holdfast.dataDir, "--http", "127.0.0.1:0"];
    holdfast.#process = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: holdfast.#process.stdout });
    lines.on("line", (line) => holdfast.#terminal.emit("line", line));
    lines.on("close", () => holdfast.#terminal.emit("error", new Error("holdfast ended by itself")));
    try {
      holdfast.site = new URL(await holdfast.#said(/^ {2}pages +(\S+)/, START_PATIENCE_MS)).origin;
    } catch (error) {
      await holdfast.down();
      throw error;
    }
    return holdfast;
  }

  async #said(pattern, patience) {
    for await (const [line] of on(this.#terminal, "line", { signal: AbortSignal.timeout(patience) })) {
      const found = pattern.exec(line);
      if (found) return found[1];
    }
  }

  // Asks for a link as `email` on this page's browser, and opens it there.
  async signIn(page, email) {
    await page.goto(`${this.site}/sign-in`);
    await page.getByLabel("E-mail").fill(email);
    const link = this.#said(/^ {2}sign in: (\S+)/, MAIL_PATIENCE_MS);
    await page.getByRole("button", { name: "Send me a link" }).click();
    await page.getByRole("heading", { name: "Check your mail" }).waitFor();
    await page.goto(await link);
    await page.getByRole("button", { name: "Yes, sign me in" }).click();
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
  }

  async down() {
    this.#terminal.on("error", () => {});
    if (this.#process?.exitCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
