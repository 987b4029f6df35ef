// Follows the ledger: what is recorded shows at once; what was missed while the connection was lost shows when it is back.
import { say, clock } from "./say.js";
import { show } from "./page.js";

const banner = document.getElementById("lost");
const sign = document.getElementById("live");
let source = null;
let last = Number(document.body.dataset.applied) || 0; // the newest entry that was heard of
let lostSince = null;
let retry = 500;
let due = null;

const follows = () => document.body.dataset.live === "yes";

function tell() {
  if (!sign) return; // a page about no time
  sign.textContent = say(follows() ? "live" : "past");
  sign.classList.toggle("on", follows() && !lostSince);
}

// refresh shows the page anew, a moment after the last of several events.
function refresh() {
  if (!follows()) return;
  clearTimeout(due);
  due = setTimeout(() => show(location.pathname + location.search, { remember: false }), 150);
}

function lost() {
  lostSince ??= new Date();
  banner.textContent = say("lost", { Since: clock(lostSince) });
  banner.className = "banner bad";
  banner.hidden = false;
  tell();
}

function found() {
  retry = 500;
  if (!lostSince) return tell();
  lostSince = null;
  banner.textContent = say("again");
  banner.className = "banner good";
  setTimeout(() => { if (!lostSince) banner.hidden = true; }, 4000);
  tell();
  refresh(); // statuses are states, not history: after a break they are read again
}

function connect() {
  if (hidden || !sign) return; // who is still to sign in would only be refused, and told that the connection was lost
  source?.close();
  source = new EventSource("/v1/stream?after=" + last);
  source.onopen = found;
  source.onerror = () => {
    lost();
    source.close(); // a browser gives up at the first 503 of a server that starts; this does not
    setTimeout(connect, retry);
    retry = Math.min(retry * 1.6, 8000);
  };
  for (const name of ["entry", "ceasefire", "clock"]) {
    source.addEventListener(name, (event) => {
      if (event.lastEventId) last = Math.max(last, Number(event.lastEventId));
      document.documentElement.dataset.heard = String(last);
      patience = 1000;
      refresh();
    });
  }
}

// A proof grows after its entry, and nothing is recorded then: while one is on its way the page is looked at again, less and less
// often, because a witness may be away for days.
let growing = null;
let patience = 1000;
function watchProofs() {
  clearTimeout(growing);
  if (!document.querySelector("[data-proof=growing]")) {
    patience = 1000;
    return;
  }
  growing = setTimeout(refresh, patience);
  patience = Math.min(patience * 2, 60000);
}

// A connection can die without a sign. Asking how far the server is shows that, and how far the page lags.
async function ask() {
  try {
    const answer = await fetch("/readyz", { cache: "no-store" });
    const state = await answer.json();
    if (lostSince) return;
    banner.hidden = !state.lag;
    if (state.lag) {
      banner.className = "banner";
      banner.textContent = say("lag", { Count: state.lag });
    }
  } catch {
    if (!lostSince && sign) {
      lost();
      connect();
    }
  }
}

document.addEventListener("truce:failed", (event) => {
  if (lostSince) return;
  banner.className = "banner bad";
  banner.textContent = say("failed", { Why: event.detail });
  banner.hidden = false;
});
document.addEventListener("truce:shown", () => {
  tell();
  watchProofs();
  if (!lostSince) banner.hidden = true;
});

// A page that is left but kept by the browser would hold its connection, and a browser has but six for one server: after
// six pages the seventh would wait a minute.
let hidden = false;
addEventListener("pagehide", () => { hidden = true; source?.close(); });
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  hidden = false;
  connect();
  refresh();
});

// A machine that loses its network says so at once; a stream may take minutes to notice.
addEventListener("offline", () => { lost(); source?.close(); });
addEventListener("online", () => { if (lostSince) connect(); });

connect();
tell();
watchProofs();
setInterval(ask, 15000);
