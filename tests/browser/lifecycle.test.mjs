// One installation from its first start to its last: stopped and started again, its servers killed, refused where it must be, deleted.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Holdfast, openDir, program, root } from "./holdfast.mjs";
import { Visitor } from "./visitor.mjs";

const FAMILY = "lena.musterfrau@families.example";
const PARENT = "priya.fabulari@families.example";
const MESSAGE = "May the hedgehog puppet come along on Thursday?";
const TOOLS = join(root, ".tools");
const RECOVERY_PATIENCE_MS = 60_000;
const isRoot = process.getuid() === 0;
// By number, as not every system has an account of that name.
const NOBODY = 65534;

const holdfastSays = (...args) => spawnSync(program, args, { cwd: root, encoding: "utf8" });
const cleanData = (dir) => spawnSync(join(root, "scripts/clean-data"), [dir], { encoding: "utf8" });
const firstNumber = (path) => Number.parseInt(readFileSync(path, "utf8"), 10);

function clusterDir(dataDir) {
  const note = join(dataDir, "postgres/cluster-dir");
  return join(existsSync(note) ? readFileSync(note, "utf8") : join(dataDir, "postgres"), "cluster");
}

function servers(dataDir) {
  return {
    PostgreSQL: firstNumber(join(clusterDir(dataDir), "postmaster.pid")),
    "nats-server": firstNumber(join(dataDir, "nats/pid")),
  };
}

function runs(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    assert.equal(error.code, "ESRCH");
    return false;
  }
}

// As Linux lists them.
function processes() {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((id) => {
    try {
      const [, parent, group] = readFileSync(`/proc/${id}/stat`, "utf8").split(") ").at(-1).split(" ").map(Number);
      return [{ id: Number(id), parent, group }];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

// Asks again until the answer is good; whatever goes wrong on the way is part of it.
async function until(what, ask) {
  const deadline = Date.now() + RECOVERY_PATIENCE_MS;
  for (;;) {
    const outcome = await ask().catch((error) => error);
    if (outcome === true) return;
    assert.ok(Date.now() < deadline, `${what}: ${outcome?.stack ?? outcome}`);
  }
}

const shows = (visitor, path, text) => async () => {
  const { status, text: page } = await visitor.ask(path);
  return (status === 200 && page.includes(text)) || status;
};

const report = (holdfast, what) => console.log(`${what}: ready after ${holdfast.readySeconds} s`);

test("an installation lives, is killed in part, stopped, started again and deleted", { timeout: 900_000 }, async (life) => {
  // Where only its owner gets in, PostgreSQL's own account does not, and the cluster has to lie elsewhere.
  const parent = mkdtempSync(join(tmpdir(), "holdfast-life-"));
  chmodSync(parent, 0o700);
  const dataDir = join(parent, "data");
  let holdfast = await Holdfast.up({ dataDir, group: true });
  report(holdfast, "first start, with the demo network");
  life.after(async () => {
    await holdfast.stopped("SIGKILL");
    cleanData(dataDir);
    rmSync(parent, { recursive: true, force: true });
  });
  const family = new Visitor(holdfast);
  let record;

  await life.test("the demo network is loaded, and a family opens a record", async () => {
    assert.match(holdfast.said, /loading the demo network/);
    await family.signIn(FAMILY);
    record = await family.openRecord("Wrenna");
    assert.equal(await shows(family, record, "Wrenna")(), true);
  });

  await life.test("each long step is said, with how long it took, and then where everything is", () => {
    const steps = ["starting PostgreSQL and nats-server", "migrating and starting", "waiting until every service is ready", "loading the demo network"];
    const ends = steps.map((step) => holdfast.said.search(new RegExp(`^${step}.* … [0-9.]+ s$`, "m")));
    assert.ok(ends.every((end, at) => end >= 0 && end > (ends[at - 1] ?? -1)), holdfast.said);
    const ready = holdfast.said.slice(holdfast.said.indexOf("Holdfast is ready after"));
    for (const what of [/^ {2}pages +http:/m, /^ {2}mails +\S+/m, /^ {2}log +\S+/m, new RegExp(PARENT), /^Ctrl-C stops everything/m]) {
      assert.match(ready, what);
    }
  });

  await life.test("a second start on the same folder is refused, and says who runs there", () => {
    const second = holdfastSays("up", "--data-dir", dataDir, "--http", "127.0.0.1:0");
    assert.equal(second.status, 1);
    assert.match(second.stderr, new RegExp(`it runs already, as process ${holdfast.pid}: stop it with .holdfast down`));
  });

  await life.test("an address that is taken is named", () => {
    const { host } = new URL(holdfast.site.replace("localhost", "127.0.0.1"));
    const other = openDir();
    const refused = holdfastSays("up", "--data-dir", other, "--http", host, "--no-demo");
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, new RegExp(`${host}: choose another with --http.*in use`, "s"));
    assert.equal(cleanData(other).status, 0);
  });

  await life.test("what runs is not deleted", async () => {
    const refused = cleanData(dataDir);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /in use/);
    assert.equal(await shows(family, record, "Wrenna")(), true);
  });

  for (const name of ["PostgreSQL", "nats-server"]) {
    await life.test(`${name} is killed: pages and commands come back without a restart`, async () => {
      const killed = servers(dataDir)[name];
      // The form was there before; it is sent until it is taken, and counts once.
      const form = await family.form("/people/new", {
        relation: "parent", given_name: `After${name.slice(0, 4)}`, family_name: "Beispielhaft", birth_date: "3 4 2019",
      });
      const again = holdfast.terminal(new RegExp(`^(${name}) had ended by itself and was started again`), RECOVERY_PATIENCE_MS);
      process.kill(killed, "SIGKILL");
      await again;
      assert.notEqual(servers(dataDir)[name], killed);
      let opened;
      await until("a command after the kill", async () => {
        opened = await family.ask("/people/new", form);
        return opened.status === 303 || opened.status;
      });
      await until("the new record", shows(family, opened.location, form.get("given_name")));
      // By way of the bus to audit, and back from there.
      await until("its history", shows(family, `${opened.location}/looked?who=me&kind=change`, "look change"));
      const { text } = await family.ask("/people");
      assert.equal(text.split(form.get("given_name")).length, 2, "the record is there once");
    });
  }

  await life.test("a family of the demo network writes to its care team", async () => {
    const mother = new Visitor(holdfast);
    await mother.signIn(PARENT);
    const path = /href="(\/r\/[^/"]+)/.exec((await mother.ask("/people")).text)[1];
    const thread = new RegExp(`href="(${path}/messages/[0-9a-f-]{36})`).exec((await mother.ask(`${path}/messages`)).text)[1];
    const sent = await mother.ask(thread, await mother.form(thread, { text: MESSAGE }));
    assert.equal(sent.status, 303);
    assert.equal(await shows(mother, thread, MESSAGE)(), true);
  });

  await life.test("Ctrl-C stops everything in order, and nothing is started again meanwhile", async () => {
    const pids = Object.values(servers(dataDir));
    assert.ok(pids.every(runs));
    const witness = () => fetch(`http://127.0.0.1:${firstNumber(join(dataDir, "witness.port"))}/verifier.key`).then((answer) => answer.ok);
    assert.equal(await witness(), true);
    const log = () => readFileSync(join(dataDir, "holdfast.log"), "utf8");
    const [said, logged] = [holdfast.said.length, log().length];
    const ended = holdfast.stopped();
    // A terminal signals the whole group, in which nobody but `up` stands: while `up` itself is held, nobody ends.
    const children = processes().filter(({ parent }) => parent === holdfast.pid);
    assert.ok(children.length >= 3 && children.every(({ group }) => group !== holdfast.pid), JSON.stringify(children));
    process.kill(holdfast.pid, "SIGSTOP");
    process.kill(-holdfast.pid, "SIGINT");
    assert.equal(await witness(), true);
    assert.ok(pids.every(runs));
    process.kill(holdfast.pid, "SIGCONT");
    assert.equal(await ended, 0);
    assert.equal(holdfast.said.slice(said), "stopping … stopped; the data is kept\n");
    assert.doesNotMatch(log().slice(logged), /starting it again|it runs again|ended badly/);
    await assert.rejects(witness());
    assert.ok(!pids.some(runs));
  });

  await life.test("the log is JSON, line by line, and names nobody", () => {
    const log = readFileSync(join(dataDir, "holdfast.log"), "utf8");
    for (const line of log.trim().split("\n")) assert.equal(typeof JSON.parse(line).timestamp, "string", line);
    for (const word of [FAMILY, PARENT, "Wrenna", "Beispielhaft", "hedgehog", ...family.cookies.values()]) {
      assert.ok(!log.includes(word), `the log says “${word}”`);
    }
    const people = readFileSync(join(dataDir, "demo-people.txt"), "utf8");
    const emails = people.match(/\S+@\S+/g);
    assert.ok(emails.length > 5 && !emails.some((email) => log.includes(email)));
    assert.equal(statSync(join(dataDir, "holdfast.log")).mode & 0o077, 0);
  });

  await life.test("the next start goes on with the data, session and demo network as they were", async () => {
    holdfast = await Holdfast.up({ dataDir });
    report(holdfast, "second start");
    assert.doesNotMatch(holdfast.said, /loading the demo network/);
    family.moveTo(holdfast);
    // On a busy machine the first page may take longer than it has.
    await until("the record of before", shows(family, record, "Wrenna"));
  });

  await life.test("it is stopped from another terminal", async () => {
    const ended = holdfast.stopped();
    const down = holdfastSays("down", "--data-dir", dataDir);
    assert.equal(down.status, 0, down.stderr);
    assert.match(down.stdout, /stopped/);
    assert.equal(await ended, 0);
    assert.match(holdfastSays("down", "--data-dir", dataDir).stdout, /nothing runs here/);
  });

  await life.test("all of it is deleted, the cluster too, wherever it lies", () => {
    const cluster = clusterDir(dataDir);
    assert.equal(cluster.startsWith("/var/tmp/"), isRoot);
    assert.ok(existsSync(isRoot ? cluster : dataDir));
    const cleaned = cleanData(dataDir);
    assert.equal(cleaned.status, 0, cleaned.stderr);
    assert.ok(!existsSync(dataDir));
    assert.ok(!existsSync(isRoot ? join(cluster, "..") : cluster));
  });
});

test("a folder that is not ours is not deleted", () => {
  const dir = openDir();
  mkdirSync(join(dir, "postgres"));
  writeFileSync(join(dir, "thesis.txt"), "years of work\n");
  const refused = cleanData(dir);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /not a data directory/);
  assert.ok(existsSync(join(dir, "thesis.txt")));
  rmSync(dir, { recursive: true });
});

// Somebody else's server: it notes who speaks to it. None where one has the port already.
async function bystander(port) {
  const server = createServer((line) => {
    server.disturbed = true;
    line.destroy();
  });
  server.listen(port, "127.0.0.1");
  return once(server, "listening").then(() => server, (error) => {
    assert.equal(error.code, "EADDRINUSE");
  });
}

test("another cluster and servers on the usual ports are left alone", { timeout: 300_000 }, async () => {
  const cluster = openDir();
  writeFileSync(join(cluster, "PG_VERSION"), "13\n");
  const own = await bystander(0);
  const others = [own, ...(await Promise.all([5432, 4222, 8222].map(bystander))).filter(Boolean)];
  // What a user of PostgreSQL has set for their own.
  const theirs = {
    PGDATA: cluster, PGHOST: "127.0.0.1", PGPORT: String(own.address().port), PGUSER: "somebody", PGDATABASE: "theirs", PGPASSWORD: "hunter2",
  };
  const holdfast = await Holdfast.up({ args: ["--no-demo"], env: { ...process.env, ...theirs } });
  try {
    const family = new Visitor(holdfast);
    await family.signIn(FAMILY);
    assert.equal(await shows(family, await family.openRecord("Wrenna"), "Wrenna")(), true);
  } finally {
    await holdfast.down();
    for (const other of others) other.close();
  }
  assert.ok(!others.some(({ disturbed }) => disturbed), "somebody else's server was spoken to");
  assert.deepEqual(readdirSync(cluster), ["PG_VERSION"]);
  assert.equal(readFileSync(join(cluster, "PG_VERSION"), "utf8"), "13\n");
  rmSync(cluster, { recursive: true });
});

test("an ordinary user needs no root", { skip: !isRoot && "this is an ordinary user already", timeout: 600_000 }, async () => {
  const home = openDir();
  chownSync(home, NOBODY, NOBODY);
  const as = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  // A clone under root's own folder cannot be read by others.
  let [binary, tools] = [program, TOOLS];
  if (spawnSync(as[0], [...as.slice(1), "test", "-x", join(TOOLS, "bin/nats-server"), "-a", "-x", program]).status !== 0) {
    [binary, tools] = [join(home, "holdfast"), join(home, "tools")];
    mkdirSync(join(tools, "bin"), { recursive: true });
    copyFileSync(program, binary);
    copyFileSync(join(TOOLS, "bin/nats-server"), join(tools, "bin/nats-server"));
  }
  const command = [...as, binary];
  const dataDir = join(home, "data");
  const start = { dataDir, command, args: ["--no-demo", "--tools-dir", tools], env: { ...process.env, HOME: home } };
  let holdfast = await Holdfast.up(start);
  report(holdfast, "as an ordinary user");
  try {
    assert.equal(statSync(clusterDir(dataDir)).uid, NOBODY);
    const family = new Visitor(holdfast);
    await family.signIn(FAMILY);
    const record = await family.openRecord("Wrenna");
    const pids = Object.values(servers(dataDir));
    assert.equal(await holdfast.stopped("SIGINT"), 0);
    assert.ok(!pids.some(runs));
    holdfast = await Holdfast.up(start);
    family.moveTo(holdfast);
    assert.equal(await shows(family, record, "Wrenna")(), true);
    const ended = holdfast.stopped();
    const down = spawnSync(command[0], [...command.slice(1), "down", "--data-dir", dataDir], { encoding: "utf8" });
    assert.equal(down.status, 0, down.stderr);
    assert.equal(await ended, 0);
  } finally {
    await holdfast.stopped("SIGKILL");
    rmSync(home, { recursive: true, force: true });
  }
});
