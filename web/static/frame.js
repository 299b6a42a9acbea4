// What every page does beyond its links and forms: warn before the session ends, leave fast, put the focus where it is needed.

const body = document.body;

// The first thing to read after a failed form is its summary.
document.querySelector("[data-focus]")?.focus();
document.addEventListener("htmx:after:swap", () => document.querySelector("#list")?.focus({ preventScroll: true }));

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// Leave: the neutral page takes this page's place in the history, and the session ends on the server.
const leave = () => {
  document.documentElement.hidden = true;
  fetch("/leave", { method: "POST", keepalive: true, redirect: "manual" }).finally(() => location.replace("/away"));
};
for (const form of document.querySelectorAll("[data-leave]")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); leave(); });
}
let shifts = [];
addEventListener("keydown", (event) => {
  if (event.key !== "Shift") { shifts = []; return; }
  if (event.repeat) return;
  shifts = [...shifts.filter((at) => event.timeStamp - at < 1500), event.timeStamp];
  if (shifts.length >= 3) leave();
});

// A page that comes back from the browser's memory after signing out would show what it held.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

const seconds = Number(body.dataset.sessionSeconds ?? 0);
if (seconds > 0) {
  const warning = document.getElementById("session-warning");
  const warnBefore = Math.min(120, seconds / 2);
  const askAgainAfter = 60_000;
  let ends = Date.now() + seconds * 1000;
  let asked = Date.now();

  const stay = async () => {
    asked = Date.now();
    const answer = await fetch("/still", { method: "POST" }).catch(() => null);
    if (answer?.ok) { ends = Date.now() + seconds * 1000; warning.hidden = true; }
  };
  // Typing counts as being here, even though no page is asked for.
  addEventListener("input", () => { if (Date.now() - asked > askAgainAfter) stay(); });
  warning.querySelector("[data-stay]").addEventListener("click", stay);

  const look = () => {
    const left = ends - Date.now();
    if (left <= 0) {
      warning.hidden = true;
      for (const part of document.querySelectorAll("main, header, .tabs")) part.hidden = true;
      document.getElementById("session-over").hidden = false;
      return;
    }
    if (left <= warnBefore * 1000 && warning.hidden) {
      warning.hidden = false;
      warning.querySelector("[data-stay]").focus();
    }
    setTimeout(look, Math.min(left, 5000));
  };
  look();
}

if ("serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register("/worker.js").catch(() => {});
