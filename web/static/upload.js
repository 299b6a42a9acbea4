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

  const send = async (file) => {
    const begun = await fetch(words.upload, {
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
    if (!begun.ok) throw await refused(begun);
    const address = begun.headers.get("location");
    let sent = 0;
    let tries = 0;
    // It is done once the server names the paper: a line that drops after the last byte needs one more, empty, part.
    for (;;) {
      const percent = Math.floor((sent / file.size) * 100);
      say(words.saySending, percent);
      try {
        const part = file.slice(sent, sent + partBytes);
        const answer = await fetch(address, {
          method: "PATCH",
          headers: {
            "content-type": "application/offset+octet-stream",
            "upload-offset": String(sent),
            "content-digest": `sha-256=:${await digest(part)}:`,
          },
          body: part,
        });
        if (!answer.ok) throw await refused(answer);
        sent = Number(answer.headers.get("upload-offset"));
        tries = 0;
        if (answer.headers.has("location")) return answer.headers.get("location");
      } catch (trouble) {
        if (trouble.final || (tries += 1) > triesMax) throw trouble;
        say(words.sayPaused, percent);
        await wait(Math.min(500 * 2 ** tries, waitMsMax) * (0.5 + Math.random() / 2));
        sent = await count(address).catch(() => sent);
      }
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
