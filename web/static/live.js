// Shows messages of an open thread as they come. Each arrives as the same markup that the page itself is made of.

const box = document.querySelector("[data-live]");
const list = box?.querySelector("ol");
if (list) {
  const shownMax = 500;
  let stream = null;
  const open = () => {
    const last = list.lastElementChild?.dataset.id;
    stream = new EventSource(last ? `${box.dataset.live}?after=${encodeURIComponent(last)}` : box.dataset.live);
    // The access has ended: the page says so itself, and shows the rest no longer.
    stream.addEventListener("end", () => { stream.close(); location.reload(); });
    stream.addEventListener("message", (event) => {
      const known = event.lastEventId && list.querySelector(`[data-id="${CSS.escape(event.lastEventId)}"]`);
      if (known || list.children.length >= shownMax) return;
      const page = new DOMParser().parseFromString(event.data, "text/html");
      const bubble = page.querySelector("li.bubble");
      if (!bubble) return;
      if (event.lastEventId) bubble.dataset.id = event.lastEventId;
      list.append(document.adoptNode(bubble));
    });
  };
  // A hidden page holds no line open; coming back asks for what it missed.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { stream?.close(); stream = null; } else if (!stream) { open(); }
  });
  if (!document.hidden) open();
}
