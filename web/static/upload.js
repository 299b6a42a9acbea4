// Sends a paper in parts of 1 MiB. After a dropped line it asks the server how much it has and goes on from there.
// It goes on only while this page holds the file: a phone that picks a video again makes another file of it.

const partBytes = 1024 * 1024;
const triesMax = 12;
const waitMsMax = 30_000;

const form = document.querySelector("form[data-upload]");
if (form) {
  const said = form.querySelector("[data-said]");
  const box = form.querySelector("[data-progress]");
  const bar = box.querySelector("progress");
  const button = form.querySelector("button");
  const input = form.querySelector("input[type=file]");
  const words = form.dataset;
  const say = (text, percent) => {
    box.hidden = false;
    said.textContent = percent === undefined ? text : `${text} ${percent} %`;
    if (percent !== undefined) bar.value = percent;
  };
  const wait = (ms) => new Promise((done) => {
    const timer = setTimeout(done, ms);
    addEventListener("online", () => { clearTimeout(timer); done(); }, { once: true });
  });

  const digest = async (blob) => {
    const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
    return btoa(String.fromCharCode(...new Uint8Array(hash)));
  };

  // How many bytes the server holds, asked until it answers.
  const count = async (address) => {
    const answer = await fetch(address, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Refused(answer.status);
    return Number(answer.headers.get("upload-offset"));
  };

  class Refused extends Error {
    constructor(status, say) { super(`answered ${status}`); this.status = status; this.say = say; }
    get final() { return this.status >= 400 && this.status < 500 && ![408, 409, 429].includes(this.status); }
  }

  // What the server says about the file, in words for the page.
  const refused = async (answer) => new Refused(answer.status, (await answer.json().catch(() => ({}))).say);

  // Asks until it is answered. What is final, or failed too often, is thrown.
  const patiently = async (act, recover) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await act();
      } catch (trouble) {
        if (trouble.final || tries > triesMax) throw trouble;
        say(words.sayPaused, bar.value);
        await wait(Math.min(500 * 2 ** tries, waitMsMax) * (0.5 + Math.random() / 2));
        await recover?.();
      }
    }
  };

  const begin = async (file) => {
    const answer = await fetch(words.upload, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        request_id: form.elements.request_id.value,
        title: form.elements.title.value,
        kind: form.elements.kind.value,
        media_type: file.type || "application/octet-stream",
        size_bytes: file.size,
      }),
    });
    if (!answer.ok) throw await refused(answer);
    return answer.headers.get("location");
  };

  const sendPart = async (address, part, offset) => {
    const answer = await fetch(address, {
      method: "PATCH",
      headers: {
        "content-type": "application/offset+octet-stream",
        "upload-offset": String(offset),
        "content-digest": `sha-256=:${await digest(part)}:`,
      },
      body: part,
    });
    if (!answer.ok) throw await refused(answer);
    return answer.headers;
  };

  // It is done once the server names the paper: a line that drops after the last byte needs one more, empty, part.
  const send = async (file) => {
    say(words.saySending, 0);
    const address = await patiently(() => begin(file));
    let sent = 0;
    for (;;) {
      say(words.saySending, Math.floor((sent / file.size) * 100));
      const told = await patiently(
        () => sendPart(address, file.slice(sent, sent + partBytes), sent),
        async () => { sent = await count(address).catch(() => sent); },
      );
      if (told.has("location")) return told.get("location");
      sent = Number(told.get("upload-offset"));
    }
  };

  form.addEventListener("submit", async (event) => {
    const file = input.files[0];
    event.preventDefault();
    if (!file) { say(words.sayNone); input.focus(); return; }
    if (file.size > Number(words.sizeMax)) { say(words.sayLarge); input.focus(); return; }
    if (!form.elements.title.value.trim()) { say(words.sayTitle); form.elements.title.focus(); return; }
    button.disabled = true;
    const stayHere = (leaving) => leaving.preventDefault();
    addEventListener("beforeunload", stayHere);
    try {
      const paper = await send(file);
      removeEventListener("beforeunload", stayHere);
      say(words.sayDone, 100);
      location.assign(paper);
    } catch (trouble) {
      removeEventListener("beforeunload", stayHere);
      say(trouble.say ?? words.sayFailed);
      button.disabled = false;
    }
  });

  const drop = form.querySelector("[data-drop]");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length > 0) input.files = event.dataTransfer.files;
    });
  }
}
