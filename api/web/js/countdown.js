// The time that is left, counted down: from now where the page follows the ledger, else from the time that is shown.
import { say } from "./say.js";
import { onRegions } from "./page.js";

// skew is how far this machine's clock is from the server's, as of loading: a wrong clock must not end a truce early.
let skew = 0;
if (document.body.dataset.live === "yes") skew = new Date(document.body.dataset.effective) - Date.now();

export function now() {
  return document.body.dataset.live === "yes" ? Date.now() + skew : +new Date(document.body.dataset.effective);
}

export function left(ms) {
  const s = Math.floor(ms / 1000);
  if (s <= 0) return say("left.none");
  if (s >= 172800) return say("left.days", { Count: Math.floor(s / 86400) });
  if (s >= 3600) {
    const minutes = Math.floor(s % 3600 / 60);
    return say("left.hours", { Count: Math.floor(s / 3600) }) + (minutes ? " · " + String(Math.floor(s / 3600)) + ":" + String(minutes).padStart(2, "0") + ":" + String(s % 60).padStart(2, "0") : "");
  }
  if (s >= 60) return say("left.minutes", { Count: Math.floor(s / 60) });
  return say("left.seconds", { Count: s });
}

function tick() {
  for (const e of document.querySelectorAll(".left[data-until]")) {
    const text = left(new Date(e.dataset.until) - now());
    const place = e.querySelector(".until") ?? e;
    if (place.textContent !== text) place.textContent = text;
  }
}

onRegions(tick);
setInterval(tick, 1000);
