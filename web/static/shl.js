// Opens a SMART Health Link of this site: the key stands after the # of the address, which no server is sent, and what it opens is
// decrypted and shown here. Nothing of it is kept.

// What a browser that opens a file instead of saving it runs no script of.
const HARMLESS = ["application/pdf", "image/png", "image/jpeg", "text/plain"];

const TRIES_MAX = 5;
const RETRY_MS = 3000;

const page = document.querySelector("[data-shl]");
const { dataset: words } = page;
const part = (name) => page.querySelector(`[data-${name}]`);
const [ask, content, tools] = ["ask", "content", "tools"].map(part);

const made = (name, text, className) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  if (className) element.className = className;
  return element;
};
const filled = (text, values) => Object.entries(values).reduce((all, [name, value]) => all.replaceAll(`{${name}}`, value), text);
const say = (tone, sentence) => {
  const notice = made("div", "", `notice ${tone}`);
  notice.append(made("p", sentence));
  part("said").replaceChildren(notice);
};
const end = (sentence) => {
  ask.hidden = true;
  say("warn", sentence);
};

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const json = (raw) => JSON.parse(new TextDecoder().decode(raw));

function link() {
  try {
    return json(bytes(location.hash.match(/^#shlink:\/(.+)$/)[1]));
  } catch {
    return null;
  }
}

// RFC 7516, compact: `dir` with A256GCM.
async function opened(jwe, key) {
  const [header, , nonce, sealed, tag] = jwe.split(".");
  const way = { name: "AES-GCM", iv: bytes(nonce), additionalData: new TextEncoder().encode(header) };
  const secret = await crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["decrypt"]);
  const whole = await new Blob([bytes(sealed), bytes(tag)]).arrayBuffer();
  return json(await crypto.subtle.decrypt(way, secret, whole));
}

// Of what the document says in words the words alone are taken.
function table(xhtml) {
  const said = new DOMParser().parseFromString(xhtml, "application/xhtml+xml");
  const rows = made("ul", "", "told");
  for (const row of said.querySelectorAll("tr")) {
    const [day, title, summary] = [...row.querySelectorAll("td")].map((cell) => cell.textContent);
    const line = made("li");
    line.append(made("strong", title));
    if (summary) line.append(made("p", summary));
    if (day) line.append(made("span", day, "soft small"));
    rows.append(line);
  }
  return [rows, ...[...said.querySelectorAll("p")].map((note) => made("p", note.textContent, "soft"))];
}

function papers(section, byAddress) {
  const found = (section.entry ?? []).map(({ reference }) => byAddress.get(reference)?.content?.[0]?.attachment);
  return found.filter((paper) => paper?.data).map((paper) => {
    const saved = made("a", filled(words.save, { title: paper.title }), "button second");
    const raw = Uint8Array.from(atob(paper.data), (sign) => sign.charCodeAt(0));
    const type = HARMLESS.includes(paper.contentType) ? paper.contentType : "application/octet-stream";
    saved.href = URL.createObjectURL(new Blob([raw], { type }));
    saved.download = paper.title;
    return saved;
  });
}

function shown(bundle) {
  const [{ resource: first }] = bundle.entry;
  const byAddress = new Map(bundle.entry.map(({ fullUrl, resource }) => [fullUrl, resource]));
  part("title").textContent = first.subject?.display ?? first.title;
  const until = first.event?.[0]?.period?.end;
  const day = until && new Date(Date.parse(until) - 1).toLocaleDateString(document.documentElement.lang, { dateStyle: "long" });
  part("lead").textContent = day ? filled(words.until, { day }) : "";
  const sections = (first.section ?? []).map((section) => {
    const box = made("section", "", "card stack");
    box.append(made("h2", section.title), ...table(section.text.div), ...papers(section, byAddress));
    return box;
  });
  content.replaceChildren(...(sections.length ? sections : [made("p", words.empty)]));
  ask.hidden = true;
  content.hidden = false;
  tools.hidden = false;
  part("said").replaceChildren();
  part("title").focus();
}

// What did not answer when the link was opened is asked for again: to open it once more would count.
async function beside(location) {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(location, { credentials: "omit", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer" });
    if (answer.ok) return answer.text();
    if (tries === TRIES_MAX) throw new Error(`answered ${answer.status}`);
    await new Promise((done) => setTimeout(done, RETRY_MS));
  }
}

async function asked(shared) {
  const recipient = document.getElementById("shl-recipient").value.trim();
  const passcode = document.getElementById("shl-passcode").value.trim();
  if (!recipient) return say("warn", words.name);
  if (shared.flag?.includes("P") && !passcode) return say("warn", words.missing);
  say("info", words.opening);
  const answer = await fetch(shared.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ recipient, ...(passcode && { passcode }) }),
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
    referrerPolicy: "no-referrer",
  });
  if (answer.status === 401) {
    const { remainingAttempts: left } = await answer.json();
    part("passcode").hidden = false;
    return left ? say("warn", filled(words.wrong, { left })) : end(words.closed);
  }
  if (answer.status === 404) return end(words.closed);
  if (!answer.ok) return say("warn", words.away);
  const { files: [file] } = await answer.json();
  return shown(await opened(file.embedded ?? await beside(file.location), shared.key));
}

function begin() {
  const shared = link();
  if (!shared?.url || !shared.key) return end(words.none);
  if (new URL(shared.url, location.href).origin !== location.origin) return end(words.elsewhere);
  if (shared.exp && shared.exp * 1000 <= Date.now()) return end(words.over);
  // A change of language comes back to the same link.
  for (const form of document.querySelectorAll('form[action="/language"]')) form.action += location.hash;
  ask.hidden = false;
  part("passcode").hidden = !shared.flag?.includes("P");
  ask.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = ask.querySelector("button");
    button.disabled = true;
    asked(shared).catch(() => say("warn", words.away)).finally(() => { button.disabled = false; });
  });
}

addEventListener("hashchange", () => location.reload());
begin();
