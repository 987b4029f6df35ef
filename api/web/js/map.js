// The map: coastlines, the operator's layers, and the places of the table beside it, from the places' own geometry. A place
// that has only a point in its middle is drawn as an area with a dashed edge: a sharp point would say more than is known.
import { say } from "./say.js";
import { onRegions } from "./page.js";
import { shapesOf, rewound } from "./shapes.js";
import { tilesOf } from "./tiles.js";

const ns = "http://www.w3.org/2000/svg";
const W = 640, H = 460;

function el(name, attributes, ...children) {
  const e = document.createElementNS(ns, name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

async function json(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(url + ": " + answer.status);
  return answer.json();
}

async function places() {
  const all = [];
  for (let cursor = ""; all.length < 2000;) {
    const page = await json("/v1/places?limit=1000" + (cursor ? "&cursor=" + encodeURIComponent(cursor) : ""));
    all.push(...page.items);
    cursor = page.next_cursor;
    if (!cursor) break;
  }
  return all;
}

export async function map() {
  const box = document.getElementById("map");
  if (!box) return;
  const boxes = [...document.querySelectorAll("[data-layer]")];
  const [world, register, ...layers] = await Promise.all([json("/assets/land-110m.json"), places(), ...boxes.map(layerOf)]);
  const m = new Map2(box, world, register, layers);
  for (const b of boxes) b.addEventListener("change", () => m.redraw());
  onRegions(() => m.update());
}

// layerOf reads a layer that the operator supplied: outlines, or the terms on which to ask for tiles.
async function layerOf(box) {
  const { layer: address, ending, minzoom, maxzoom } = box.dataset;
  if (ending) return { box, address, ending, zooms: [Number(minzoom), Number(maxzoom)] };
  const read = await json(address);
  return { box, outline: { type: "FeatureCollection", features: read.features.map(rewound) } };
}

const rough = (row) => "imprecise" in row.dataset;

// radius is that of the ring of so many incidents: its area grows with them, until it would hide the map.
const radius = (incidents) => (Number(incidents) ? Math.min(36, 3 + 2 * Math.sqrt(Number(incidents))) : 0);

class Map2 {
  constructor(box, world, register, layers) {
    this.land = topojson.feature(world, world.objects.land);
    this.layers = layers;
    this.shapes = shapesOf(register);
    this.projection = d3.geoMercator();
    this.path = d3.geoPath(this.projection);
    this.svg = el("svg", { viewBox: `0 0 ${W} ${H}`, role: "group", "aria-labelledby": "map-title" });
    this.under = el("g", {});
    this.over = el("g", {});
    this.svg.append(el("rect", { class: "sea", width: W, height: H }), this.under, this.over);
    box.prepend(this.svg);
    box.addEventListener("click", (event) => {
      const what = event.target.closest("[data-map]")?.dataset.map;
      if (what) this.move(what);
    });
    this.drawn = new Map();
    this.fitted = false;
  }

  rows() { return [...document.querySelectorAll("#places [data-place]")].filter((r) => this.shapes.has(r.dataset.place)); }

  // fit shows all that is on the record, with some room.
  fit() {
    const shapes = this.rows().map((r) => this.shapes.get(r.dataset.place).feature);
    const all = shapes.length ? shapes : [...this.shapes.values()].map((s) => s.feature);
    if (!all.length) { this.projection.fitSize([W, H], { type: "Sphere" }); return; }
    this.projection.fitExtent([[40, 40], [W - 40, H - 40]], { type: "FeatureCollection", features: all });
    const most = 12000; // a single quarter of a town still shows its surroundings
    if (this.projection.scale() > most) this.zoom(most / this.projection.scale());
  }

  zoom(k) {
    const [x, y] = this.projection.translate();
    this.projection.scale(this.projection.scale() * k).translate([W / 2 + (x - W / 2) * k, H / 2 + (y - H / 2) * k]);
  }

  async move(what) {
    const [x, y] = this.projection.translate();
    const by = { west: [W / 4, 0], east: [-W / 4, 0], north: [0, H / 4], south: [0, -H / 4] }[what];
    if (by) this.projection.translate([x + by[0], y + by[1]]);
    if (what === "in") this.zoom(1.6);
    if (what === "out") this.zoom(1 / 1.6);
    if (what === "fit") this.fit();
    if (what === "in" && !this.fine) {
      this.fine = true; // finer coastlines only where somebody looks closer: they are eight times as large
      const world = await json("/assets/land-50m.json");
      this.land = topojson.feature(world, world.objects.land);
    }
    this.redraw();
  }

  redraw() {
    this.projection.clipExtent([[-20, -20], [W + 20, H + 20]]);
    const shown = this.layers.filter((l) => l.box.checked);
    this.under.replaceChildren(el("path", { class: "land", d: this.path(this.land) ?? "" }),
      ...shown.filter((l) => l.ending).flatMap((l) => tilesOf(this.projection, W, H, l.zooms).map((t) => el("image", { class: "tile", href: `${l.address}/${t.z}/${t.x}/${t.y}${l.ending}`, x: t.left, y: t.top, width: t.side, height: t.side }))),
      ...shown.filter((l) => l.outline).map((l) => el("path", { class: "boundary", d: this.path(l.outline) ?? "" })));
    this.drawn.clear();
    this.over.replaceChildren();
    this.update();
  }

  // update lets the places follow the table: one class for each status, nothing is projected again.
  update() {
    if (!this.fitted && this.rows().length) {
      this.fitted = true;
      this.fit();
      return this.redraw();
    }
    const seen = new Set();
    let changed = false;
    for (const row of this.rows()) {
      seen.add(row.dataset.place);
      changed = this.place(row) || changed;
    }
    for (const [id, g] of this.drawn) {
      if (seen.has(id) || g.key === "") continue;
      g.key = ""; // it is drawn anew when it comes back
      g.classList.add("gone");
      changed = true;
    }
    if (changed) this.labels();
  }

  place(row) {
    const { place: id, name, status, says, incidents, depth } = row.dataset;
    let g = this.drawn.get(id);
    if (!g) {
      const shape = this.shapes.get(id);
      const [x, y] = this.projection(shape.middle);
      g = el("a", {}, el("path", { class: "shape", d: this.path(shape.feature) ?? "" }), el("circle", { class: "ring", cx: x, cy: y, r: 0 }), el("text", { x, y: y + 4 + (Number(incidents) ? 9 + radius(incidents) : 0), "text-anchor": "middle" }));
      this.drawn.set(id, g);
      this.over.append(g);
    }
    g.setAttribute("href", row.querySelector("a").getAttribute("href")); // it holds the time
    const key = [name, status, says, incidents, depth, rough(row), "contested" in row.dataset].join("\n");
    if (g.key === key) return false; // most places stay as they are from step to step
    g.key = key;
    const text = [name, says, Number(incidents) ? say("map.incidents", { Number: incidents }) : "", rough(row) ? say("map.rough") : ""].filter(Boolean).join(", ");
    g.setAttribute("aria-label", text);
    g.setAttribute("class", ["place", status || "nothing", rough(row) ? "rough" : "", "contested" in row.dataset ? "disputed" : "", "depth-" + Math.min(depth, 3)].join(" "));
    g.querySelector(".ring").setAttribute("r", radius(incidents));
    const label = g.querySelector("text");
    if (label.textContent !== name) label.textContent = name;
    return true;
  }

  // labels shows those that do not lie over others, the ones with a status first.
  labels() {
    const taken = [];
    const order = [...this.drawn.entries()].sort(([, a], [, b]) => Number(a.classList.contains("nothing")) - Number(b.classList.contains("nothing")));
    for (const [, g] of order) {
      const label = g.querySelector("text");
      const x = Number(label.getAttribute("x")), y = Number(label.getAttribute("y"));
      const half = label.textContent.length * 3.6 + 4;
      const mine = [x - half, y - 10, x + half, y + 10];
      const free = !g.classList.contains("gone") && mine[0] > 0 && mine[2] < W && taken.every((t) => mine[2] < t[0] || mine[0] > t[2] || mine[3] < t[1] || mine[1] > t[3]);
      label.classList.toggle("crowded", !free);
      if (free) taken.push(mine);
    }
  }
}
