// The two times: what had happened, and what was known. Both are parameters of the address, so that a view is a link.
import { say, moment } from "./say.js";
import { show, busy } from "./page.js";

const section = document.getElementById("time");
const spanData = document.getElementById("span");
const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

if (section && spanData) start(JSON.parse(spanData.textContent));

function start(span) {
  if (!span.marks?.length) return; // an empty ledger has no time to move through
  const by = (id) => document.getElementById(id);
  const effective = by("effective"), known = by("known"), knownBy = by("known-by");
  const whole = [Date.parse(span.from), Date.parse(span.until)];
  const focus = Date.parse(span.focus) > whole[0] ? Math.min(whole[1], Date.parse(span.focus) + DAY) : whole[1];
  const near = [Math.max(whole[0], focus - 45 * DAY), focus];
  const marks = span.marks.map(Date.parse), published = (span.published ?? []).map(Date.parse);
  const state = fromAddress();
  let range = whole;
  if (whole[1] - whole[0] > 60 * DAY && (state.effective === null || (state.effective >= near[0] && state.effective <= near[1]))) range = near;

  function fromAddress() {
    const q = new URLSearchParams(location.search);
    const time = (name) => (q.get(name) ? Date.parse(q.get(name)) : null);
    if (q.get("as_of_sequence")) knownBy.value = "as_of_sequence";
    return { effective: time("effective_at"), known: q.get("as_of_sequence") ? Number(q.get("as_of_sequence")) : time("reported_by") };
  }

  const iso = (ms) => new Date(ms).toISOString().replace(/\.000Z$/, "Z");

  function address() {
    const q = new URLSearchParams(location.search);
    for (const name of ["effective_at", "known_at", "reported_by", "as_of_sequence", "cursor", "recorded", "min_sequence"]) q.delete(name);
    if (state.effective !== null) q.set("effective_at", iso(state.effective));
    if (state.known !== null) q.set(knownBy.value, knownBy.value === "as_of_sequence" ? String(state.known) : iso(state.known));
    const query = q.toString();
    return location.pathname + (query ? "?" + query : "");
  }

  // place puts the handles where the state is, and says it in words.
  function place() {
    const share = (ms) => String(Math.min(1000, Math.max(0, (ms - range[0]) / (range[1] - range[0]) * 1000)));
    effective.value = state.effective === null ? "1000" : share(state.effective);
    said(effective, "effective-said", state.effective === null ? say("now") : moment(state.effective));
    const bySequence = knownBy.value === "as_of_sequence";
    known.value = state.known === null ? "1000" : bySequence ? String(state.known / span.last * 1000) : share(state.known);
    said(known, "known-said", state.known === null ? say("everything") : bySequence ? say("entry", { Sequence: state.known }) : moment(state.known));
    by("window").textContent = say(range === whole ? "window.near" : "window.all");
    by("window").hidden = near[0] <= whole[0];
  }

  function said(slider, id, text) {
    by(id).textContent = text;
    slider.setAttribute("aria-valuetext", text);
  }

  function go() {
    place();
    show(address());
  }

  const at = (slider) => Math.round((range[0] + slider.value / 1000 * (range[1] - range[0])) / MINUTE) * MINUTE;
  effective.addEventListener("input", () => {
    state.effective = Number(effective.value) >= 1000 ? null : at(effective);
    if (by("together").checked) together();
    go();
  });
  known.addEventListener("input", () => {
    if (Number(known.value) >= 1000) state.known = null;
    else state.known = knownBy.value === "as_of_sequence" ? Math.max(1, Math.round(known.value / 1000 * span.last)) : at(known);
    go();
  });
  knownBy.addEventListener("change", () => { state.known = null; drawMarks(); go(); });

  function together() {
    if (knownBy.value === "as_of_sequence") { knownBy.value = "reported_by"; drawMarks(); }
    state.known = state.effective;
  }
  by("together").addEventListener("change", () => { if (by("together").checked) { together(); go(); } });

  const steps = { ArrowLeft: -HOUR, ArrowRight: HOUR, ArrowDown: -HOUR, ArrowUp: HOUR, PageDown: -DAY, PageUp: DAY };
  const rtl = document.documentElement.dir === "rtl";
  for (const slider of [effective, known]) {
    slider.addEventListener("keydown", (event) => {
      let step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      if (rtl && event.key.startsWith("Arrow") && /Left|Right/.test(event.key)) step = -step;
      if (slider === effective) state.effective = clampTime((state.effective ?? range[1]) + step);
      else if (knownBy.value === "as_of_sequence") state.known = Math.min(span.last, Math.max(1, (state.known ?? span.last) + Math.sign(step) * (Math.abs(step) === DAY ? 10 : 1)));
      else state.known = clampTime((state.known ?? range[1]) + step);
      if (slider === effective && by("together").checked) together();
      go();
    });
  }
  const clampTime = (ms) => Math.min(whole[1], Math.max(whole[0], ms));

  function jump(direction) {
    const from = state.effective ?? whole[1];
    const next = direction > 0 ? marks.find((m) => m > from) : marks.findLast((m) => m < from);
    if (next === undefined) return;
    state.effective = next;
    if (by("together").checked) together();
    if (next < range[0] || next > range[1]) { range = whole; drawMarks(); }
    go();
  }
  by("previous").addEventListener("click", () => jump(-1));
  by("next").addEventListener("click", () => jump(1));
  by("now").addEventListener("click", () => { state.effective = state.known = null; by("together").checked = false; go(); });
  by("window").addEventListener("click", () => { range = range === whole ? near : whole; drawMarks(); place(); });

  // Playing: time runs as fast as chosen; the page follows as fast as it can.
  let playing = 0, before = 0;
  const play = by("play");
  function frame(time) {
    if (!playing) return;
    const passed = Math.min(100, time - before) / 1000;
    before = time;
    state.effective += passed * Number(by("speed").value) * 1000;
    if (state.effective >= range[1]) { state.effective = range[1]; stop(); }
    if (by("together").checked) together();
    place();
    if (!busy()) show(address());
    if (playing) playing = requestAnimationFrame(frame);
  }
  function stop() {
    cancelAnimationFrame(playing);
    playing = 0;
    play.textContent = say("play");
    play.setAttribute("aria-pressed", "false");
    if (state.effective !== null) { state.effective = Math.round(state.effective / MINUTE) * MINUTE; go(); }
  }
  play.addEventListener("click", () => {
    if (playing) return stop();
    if (state.effective === null || state.effective >= range[1] - MINUTE) state.effective = range[0];
    before = performance.now();
    play.textContent = say("pause");
    play.setAttribute("aria-pressed", "true");
    playing = requestAnimationFrame(frame);
  });

  // The marks under the sliders: when something happened, and when it was published.
  function drawMarks() {
    const [first, second] = section.querySelectorAll(".marks");
    draw(first, marks);
    draw(second, knownBy.value === "as_of_sequence" ? [] : published);
  }
  function draw(box, times) {
    const ns = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(ns, "svg"), path = document.createElementNS(ns, "path");
    svg.setAttribute("viewBox", "0 0 1000 10");
    svg.setAttribute("preserveAspectRatio", "none");
    path.setAttribute("d", times.filter((t) => t >= range[0] && t <= range[1]).map((t) => `M${((t - range[0]) / (range[1] - range[0]) * 1000).toFixed(1)} 0V10`).join(""));
    svg.append(path);
    box.replaceChildren(svg);
  }

  section.querySelector(".sliders").hidden = false;
  section.addEventListener("truce:range", (event) => { event.detail.range = range; }); // asked by tests: what the slider runs over
  drawMarks();
  place();
}
