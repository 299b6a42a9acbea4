// “Check this list yourself”, on “Who looked”: fetches the proof, verifies it here, compares the lines of the page with it, and says what
// holds. What was seen is remembered in this browser until its owner signs out: the next proof must continue it.

const REMEMBERED = "holdfast-log";
const TRIES_MAX = 4;
const RETRY_MS = 1000;
// A line that is younger than the proof may not be in it yet.
const FRESH_MS = 60_000;
// From the making of an event to its being recorded.
const RECORDED_WITHIN_MS = 300_000;
const SECOND_MS = 1000;

const box = document.querySelector("[data-check]");
if (box) {
  const { dataset: words } = box;
  const said = box.querySelector("[data-said]");
  const button = box.querySelector("[data-check-start]");
  const older = box.querySelector("[data-older]");
  const record = words.check;

  const say = (tone, ...sentences) => {
    const notice = document.createElement("div");
    notice.className = `notice ${tone}`;
    for (const sentence of sentences.filter(Boolean)) {
      const line = document.createElement("p");
      line.textContent = sentence;
      notice.append(line);
    }
    said.replaceChildren(notice);
  };
  const filled = (text, values) => Object.entries(values).reduce((all, [name, value]) => all.replaceAll(`{${name}}`, value), text);

  const recall = () => {
    try {
      return JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
    } catch {
      return {};
    }
  };
  const remember = (what) => {
    try {
      localStorage.setItem(REMEMBERED, JSON.stringify(what));
    } catch {
      // A browser that keeps nothing checks all the same.
    }
  };

  // Asks again while the site has too much to do.
  const get = async (address, options) => {
    for (let tries = 1; ; tries += 1) {
      const answer = await fetch(address, { cache: "no-store", redirect: "error", ...options });
      if (answer.ok) return answer;
      if (answer.status !== 503 || tries === TRIES_MAX) throw new Error(`answered ${answer.status}`);
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  };
  // As anybody is shown the log: without saying who asks.
  const everybodys = async (file) => (await get(words.log + file, { credentials: "omit" })).text();

  const proofSince = async (sizes) => {
    const answer = await get(`${record}?older=${sizes.join(",")}`);
    if (!answer.headers.get("content-type")?.startsWith("application/x-ndjson")) throw new Error("no proof was answered");
    return answer.text();
  };

  // An event's number begins with the moment in which it was made (UUID version 7), and its entry in the log covers its number.
  const madeAt = (event) => Number.parseInt(event.replaceAll("-", "").slice(0, 12), 16);
  const eventsOf = (line) => line.dataset.events.split(" ");
  const timeOf = (line) => Date.parse(line.querySelector("time")?.dateTime);

  // Lines of the page that the proof does not hold as they stand: those that it could not hold yet apart.
  const compare = (proof) => {
    const known = new Set(proof.entries.map((entry) => entry.eventId));
    const lines = [...document.querySelectorAll("[data-events]")];
    const unknown = lines.filter((line) => !eventsOf(line).every((event) => known.has(event)));
    const fresh = unknown.filter((line) => timeOf(line) > proof.time - FRESH_MS);
    const moved = lines.find((line) => Math.abs(timeOf(line) - Math.max(...eventsOf(line).map(madeAt))) > RECORDED_WITHIN_MS);
    return { lines: lines.length, fresh: fresh.length, strange: moved ?? unknown.find((line) => !fresh.includes(line)) };
  };

  // The number of an entry that belongs between the lines of the page and is on none, if the page shows all of the list: what was
  // recorded after its last line, and so long before its first one, or before it was asked for, that it was recorded by then.
  const leftOut = async (proof) => {
    const list = document.querySelector("[data-whole]");
    if (!list) return undefined;
    const times = [...list.querySelectorAll("[data-events]")].map(timeOf);
    const oldest = "oldest" in list.dataset ? -Infinity : Math.min(...times) + SECOND_MS;
    const newest = ("newest" in list.dataset ? proof.time - performance.now() : Math.max(...times)) - FRESH_MS;
    const missing = (page) => {
      const shown = new Set([...page.querySelectorAll("[data-events]")].flatMap(eventsOf));
      return proof.entries.findIndex(({ eventId }) => !shown.has(eventId) && madeAt(eventId) > oldest && madeAt(eventId) < newest);
    };
    if (missing(document) < 0) return undefined;
    // What was heard late is on the page by now.
    const again = new DOMParser().parseFromString(await (await get(location.href)).text(), "text/html");
    const still = missing(again);
    return still < 0 ? undefined : still + 1;
  };

  const check = async ({ openKey, openCheckpoint, verify, saved, keeps, Mismatch }) => {
    const before = recall();
    const [keyText, note] = await Promise.all(["verifier.key", "checkpoint"].map(everybodys));
    if (before.key && before.key !== keyText) throw new Mismatch("key");
    const key = await openKey(keyText);
    const { patient } = words;
    const file = older.files[0] && saved(await older.files[0].text());
    if (file && file.patient !== patient) throw new Mismatch("file");
    const seen = [before.seen?.[record], file].filter(Boolean);
    const notes = [note, before.note, file?.note].filter(Boolean);
    const earlier = await Promise.all(notes.map((one) => openCheckpoint(one, key)));
    const proof = await verify(await proofSince(earlier.map((one) => one.size)), { key, patient, earlier });
    for (const one of seen) keeps(proof, one);
    const { lines, fresh, strange } = compare(proof);
    if (strange) throw new Mismatch("shown", strange.querySelector(".code")?.textContent);
    const left = await leftOut(proof);
    if (left) throw new Mismatch("left", left);
    const { chain, count, last } = proof;
    remember({ key: keyText, note: proof.note, seen: { ...before.seen, [record]: { chain, count, last } } });
    return { count, time: proof.time, lines, fresh, again: seen.length > 0 };
  };

  const start = async () => {
    button.disabled = true;
    said.setAttribute("aria-busy", "true");
    say("info", words.sayBusy);
    let Mismatch;
    let CannotCheck;
    try {
      const verifier = await import(words.verifier);
      ({ Mismatch, CannotCheck } = verifier);
      if (!globalThis.crypto?.subtle) throw new CannotCheck();
      const { count, time, lines, fresh, again } = await check(verifier);
      const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(time);
      say(
        "good",
        filled(words.sayGood, { count, when }),
        filled(words.sayLines, { lines: lines - fresh }),
        document.querySelector("[data-whole]") ? words.sayWhole : words.sayPart,
        again ? words.sayAgain : words.sayFirst,
        fresh > 0 && filled(words.sayFresh, { fresh }),
      );
    } catch (trouble) {
      if (Mismatch && trouble instanceof Mismatch) {
        const { what, number = "" } = trouble;
        if (what === "file") {
          // Nothing is wrong with the list: the file that was chosen is of another record.
          say("warn", words.sayFile);
        } else {
          const why = words[`say${what[0].toUpperCase()}${what.slice(1)}`];
          say("stop", words.sayBad, filled(why, { number }), words.sayTodo);
        }
      } else if (CannotCheck && trouble instanceof CannotCheck) {
        say("warn", words.sayCannot);
      } else {
        say("warn", words.sayFailed);
      }
    }
    said.removeAttribute("aria-busy");
    button.disabled = false;
  };

  button.hidden = false;
  older.closest("[data-older-field]").hidden = false;
  button.addEventListener("click", start);
}
