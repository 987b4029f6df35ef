// What makes the pages follow: the time, the ledger, the hand. Without it they are the same pages, standing still.
import "./countdown.js";
import "./live.js";
import "./time.js";
import { map } from "./map.js";
import { charts } from "./chart.js";

document.getElementById("theme")?.addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem("theme", next); } catch { /* it lasts as long as the page */ }
  document.dispatchEvent(new CustomEvent("truce:theme"));
});
document.addEventListener("click", (event) => { if (event.target.id === "print") print(); });
addEventListener("beforeprint", () => { for (const d of document.querySelectorAll("main details")) d.open = true; });
map();
charts();
document.documentElement.dataset.ready = "yes";
