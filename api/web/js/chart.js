// Charts of the tables beside them: what a chart shows is read from its table, so that the two cannot differ.
import { say, day } from "./say.js";
import { onRegions } from "./page.js";

function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim(); }

function axes() {
  const stroke = colour("dim"), grid = { stroke: colour("line"), width: 1 };
  const font = "12px system-ui, sans-serif";
  return [
    { stroke, grid, font, incrs: [1, 2, 7, 14, 30, 90, 180, 365, 730, 1825, 3650].map((days) => days * 86400), values: (_, splits) => splits.map((s) => day(new Date(s * 1000))) },
    { stroke, grid, font, size: 48, incrs: [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000] },
  ];
}

// Figures of a hospital and of a war stand on one chart: by powers of ten, or the small ones would lie on the floor.
function logAxes() {
  const [x, y] = axes();
  delete y.incrs;
  const tens = (_, splits) => splits.map((s) => (Math.log10(s) % 1 === 0 ? s : null));
  return [x, { ...y, size: 64, grid: { ...y.grid, filter: tens }, ticks: { filter: tens }, values: (_, splits) => splits.map((s) => (Math.log10(s) % 1 === 0 ? String(s) : "")) }];
}

function width(box) { return Math.max(280, box.clientWidth); }

// marker draws a line where the shown time is.
const marker = {
  hooks: {
    draw: (u) => {
      const x = u.valToPos(new Date(document.body.dataset.effective) / 1000, "x", true);
      if (!(x >= u.bbox.left && x <= u.bbox.left + u.bbox.width)) return;
      u.ctx.save();
      u.ctx.strokeStyle = colour("cursor");
      u.ctx.lineWidth = 2 * devicePixelRatio;
      u.ctx.beginPath();
      u.ctx.moveTo(x, u.bbox.top);
      u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
      u.ctx.stroke();
      u.ctx.restore();
    },
  },
};

function trend(box) {
  let plot = null, shown = "";
  const draw = () => {
    const rows = [...document.querySelectorAll("#trend [data-at]")];
    const x = rows.map((r) => Date.parse(r.dataset.at) / 1000), y = rows.map((r) => Number(r.dataset.n));
    const key = x.join() + y.join() + colour("bar") + width(box);
    if (plot && key === shown) return plot.redraw(false);
    shown = key;
    if (plot && plot.data[0].length && colour("bar") === plot.bars && width(box) === plot.width) return plot.setData([x, y]);
    plot?.destroy();
    box.hidden = !rows.length;
    if (!rows.length) return (plot = null);
    plot = new uPlot({
      width: width(box), height: 190, legend: { show: false }, cursor: { show: false }, axes: axes(), plugins: [marker],
      scales: { y: { range: (_, _min, max) => [0, Math.max(1, max)] }, x: { range: (_, min, max) => [min - 43200, max + 129600] } },
      series: [{}, { label: say("chart.events"), fill: colour("bar"), stroke: colour("bar"), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.8, 26], align: 1 }) }],
    }, [x, y], box);
    plot.bars = colour("bar");
  };
  return draw;
}

const strokes = ["series-1", "series-2", "series-3", "series-4", "series-5"];

// hollow are the points of the series beyond the fifth, so that no two that share a colour look alike.
const hollow = (i) => i % 10 >= strokes.length;

// tallies draws each series on its own, with its own points; nothing is joined across sources.
function tallies(box) {
  const rows = [...box.parentElement.querySelectorAll("[data-series]")].filter((r) => r.dataset.at && r.dataset.best);
  const times = [...new Set(rows.map((r) => Date.parse(r.dataset.at) / 1000))].sort((a, b) => a - b);
  const names = [...new Set(rows.map((r) => r.dataset.series))];
  box.replaceChildren();
  if (!times.length) return;
  const data = [times, ...names.map((name) => times.map((t) => {
    const row = rows.find((r) => r.dataset.series === name && Date.parse(r.dataset.at) / 1000 === t);
    return row ? Number(row.dataset.best) : null;
  }))];
  new uPlot({
    width: width(box), height: 220, legend: { show: false }, cursor: { show: false }, axes: logAxes(),
    scales: { y: { distr: 3 }, x: { range: (_, min, max) => [min - 86400, max + 86400] } },
    series: [{}, ...names.map((name, i) => ({ label: name, stroke: colour(strokes[i % 5]), width: 2, spanGaps: true, dash: hollow(i) ? [4, 4] : undefined, points: { show: true, size: 9, width: 2, fill: colour(hollow(i) ? "ground" : strokes[i % 5]) } }))],
  }, data, box);
  const key = document.createElement("p");
  key.className = "key-line";
  names.forEach((name, i) => {
    const mark = document.createElement("span"), label = document.createElement("bdi");
    mark.className = "swatch s" + (i % 5 + 1) + (hollow(i) ? " hollow" : "");
    label.textContent = rows.find((r) => r.dataset.series === name).dataset.name;
    key.append(mark, label, " ");
  });
  box.append(key);
}

export function charts() {
  if (typeof uPlot === "undefined") return;
  const box = document.getElementById("trend-chart");
  const drawTrend = box && trend(box);
  const all = () => {
    drawTrend?.();
    for (const t of document.querySelectorAll(".chart.tallies")) if (!t.firstChild || t.dataset.theme !== colour("ink") + width(t)) { t.dataset.theme = colour("ink") + width(t); tallies(t); }
  };
  onRegions(all);
  document.addEventListener("truce:theme", all);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  addEventListener("resize", all);
}
