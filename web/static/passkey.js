// Passkeys: fills a form with what the browser's keys say, and sends it. Where the browser has none, the form stays hidden.

const busy = new Set();
let waiting;

const challenge = async (form) => {
  const answer = await fetch(form.dataset.challenge, { method: "POST", cache: "no-store" });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer.json();
};

const say = (form, text) => {
  const said = form.querySelector("[data-said]");
  said.textContent = text;
  said.hidden = !text;
};

const send = (form, credential) => {
  form.elements.credential.value = JSON.stringify(credential.toJSON());
  form.submit();
};

const create = async (form) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await challenge(form));
  return navigator.credentials.create({ publicKey });
};

const get = async (form, how = {}) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await challenge(form));
  return navigator.credentials.get({ publicKey, ...how });
};

// The field for the address offers the keys that are there, without anybody asking.
const offer = async (form) => {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  waiting = new AbortController();
  const credential = await get(form, { mediation: "conditional", signal: waiting.signal });
  if (credential) send(form, credential);
};

const start = (form) => {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy.has(form)) return;
    busy.add(form);
    say(form, "");
    waiting?.abort();
    try {
      send(form, form.dataset.passkey === "create" ? await create(form) : await get(form));
    } catch {
      say(form, form.dataset.sayFailed);
    }
    busy.delete(form);
  });
  // That it was put off or not used is no trouble.
  if ("autofill" in form.dataset) offer(form).catch(() => {});
};

if (globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  for (const form of document.querySelectorAll("[data-passkey]")) start(form);
}
