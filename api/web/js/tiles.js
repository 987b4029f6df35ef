// Which tiles of the Web Mercator projection lie under the map as it is drawn, and where: square z/x/y covers a part of the
// world that is as many times smaller as 2 to the power of z says.
const pixels = 256;

export function tilesOf(projection, width, height, [least, most]) {
  const world = 2 * Math.PI * projection.scale();
  const [tx, ty] = projection.translate();
  const west = tx - world / 2, north = ty - world / 2;
  const z = Math.min(most, Math.max(least, Math.round(Math.log2(world / pixels))));
  const count = 2 ** z, side = world / count;
  const first = (edge) => Math.max(0, Math.floor(-edge / side));
  const last = (edge, size) => Math.min(count - 1, Math.floor((size - edge) / side));
  const tiles = [];
  for (let x = first(west); x <= last(west, width); x++) {
    for (let y = first(north); y <= last(north, height); y++) {
      if (tiles.length >= 64) return tiles; // further out than the least zoom there are too many to ask for
      tiles.push({ z, x, y, left: (west + x * side).toFixed(2), top: (north + y * side).toFixed(2), side: (side + 0.3).toFixed(2) }); // no seams
    }
  }
  return tiles;
}
