// Keeps only the shell for a time without a line. Nothing of a record passes through here: pages are always fetched.
const shell = "holdfast-shell-1";
const kept = ["/offline", "/offline/es"{% for path in shell %}, "{{ path }}"{% endfor %}];

addEventListener("install", (event) => {
  event.waitUntil(caches.open(shell).then((cache) => cache.addAll(kept)).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const drop = async () => {
    const cache = await caches.open(shell);
    for (const request of await cache.keys()) {
      if (!kept.includes(new URL(request.url).pathname)) await cache.delete(request);
    }
    await clients.claim();
  };
  event.waitUntil(drop());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    const offline = navigator.language.startsWith("es") ? "/offline/es" : "/offline";
    event.respondWith(fetch(request).catch(() => caches.match(offline)));
  } else if (kept.includes(path)) {
    event.respondWith(caches.match(path).then((found) => found ?? fetch(request)));
  }
});
