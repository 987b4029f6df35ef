// The shapes of places, as the record gives them.

// radius is how wide a place without an outline is drawn, in degrees, by how many places it lies in.
const radius = [1.2, 0.35, 0.14, 0.05];

// shapesOf returns for each place its shape and its middle. A place that others lie in and that has neither outline nor
// point of its own use is drawn around them.
export function shapesOf(register) {
  const byID = new Map(register.map((p) => [p.id, p]));
  const shapes = new Map();
  for (const p of register) {
    let depth = 0;
    for (let up = p.parent; up && byID.has(up) && depth < 20; up = byID.get(up).parent) depth++;
    const shape = shapeOf(p, depth, register);
    if (shape) shapes.set(p.id, shape);
  }
  return shapes;
}

function shapeOf(p, depth, register) {
  const areal = p.geometry && !/Point/.test(p.geometry.type);
  if (areal) {
    const feature = rewound({ type: "Feature", properties: {}, geometry: p.geometry });
    return { feature, middle: p.point ?? d3.geoCentroid(feature) };
  }
  const middle = p.geometry?.type === "Point" ? p.geometry.coordinates : p.point;
  if (!middle) return null;
  let wide = radius[Math.min(depth, radius.length - 1)];
  for (const child of register) {
    if (child.parent === p.id && child.point) wide = Math.max(wide, d3.geoDistance(middle, child.point) * 180 / Math.PI + 0.1);
  }
  return { feature: { type: "Feature", properties: {}, geometry: d3.geoCircle().center(middle).radius(wide)() }, middle };
}

// rewound turns the rings the way that d3 reads them: the other way round, an area would be all the world but itself.
export function rewound(feature) {
  const g = feature.geometry;
  if (g.type === "Polygon") return { ...feature, geometry: { type: "Polygon", coordinates: turned(g.coordinates) } };
  if (g.type === "MultiPolygon") return { ...feature, geometry: { type: "MultiPolygon", coordinates: g.coordinates.map(turned) } };
  return feature;
}

function turned(rings) {
  return rings.map((ring, i) => {
    const large = d3.geoArea({ type: "Polygon", coordinates: [ring] }) > 2 * Math.PI;
    return large === (i === 0) ? [...ring].reverse() : ring;
  });
}
