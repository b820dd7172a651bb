// A drawing of 32 x 32 black or white points, and how the symmetries of the square act on it.
// The digits that the model was trained on were scanned like this; the model sees how many of every 4 x 4 points are black.

/** Points along a side. */
export const SIDE = 32;
/** Cells along a side of what the model sees. */
export const CELLS = 8;
const BLOCK = SIDE / CELLS;

export const empty = () => new Uint8Array(SIDE * SIDE);

/** Blackens the points within a radius of a place, in points from the upper left corner. */
export function stamp(drawing, x, y, radius) {
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      if (Math.hypot(column + 0.5 - x, row + 0.5 - y) <= radius) drawing[row * SIDE + column] = 1;
    }
  }
}

/** Blackens a stroke. */
export function stroke(drawing, from, to, radius) {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)));
  for (let k = 0; k <= steps; k++) {
    stamp(drawing, from.x + ((to.x - from.x) * k) / steps, from.y + ((to.y - from.y) * k) / steps, radius);
  }
}

/** What the model sees: the share of black points in every cell, row by row. */
export function seen(drawing) {
  const cells = new Float32Array(CELLS * CELLS);
  drawing.forEach((black, k) => {
    const [row, column] = [Math.floor(k / SIDE), k % SIDE];
    cells[Math.floor(row / BLOCK) * CELLS + Math.floor(column / BLOCK)] += black / (BLOCK * BLOCK);
  });
  return cells;
}

/** A drawing of which the model sees these counts of black points, 0 to 16 a cell, each written as one digit of base 17. */
export function fromCounts(text) {
  const counts = Array.from(text, (c) => parseInt(c, 17));
  const count = (row, column) => counts[Math.min(Math.max(row, 0), CELLS - 1) * CELLS + Math.min(Math.max(column, 0), CELLS - 1)];
  // Counts between cells, so that those points are blackened which are nearest to ink.
  const between = (y, x) => {
    const [row, column] = [Math.floor(y), Math.floor(x)];
    const [v, u] = [y - row, x - column];
    return (
      (1 - v) * ((1 - u) * count(row, column) + u * count(row, column + 1)) +
      v * ((1 - u) * count(row + 1, column) + u * count(row + 1, column + 1))
    );
  };
  const drawing = empty();
  for (let row = 0; row < CELLS; row++) {
    for (let column = 0; column < CELLS; column++) {
      const points = Array.from({ length: BLOCK * BLOCK }, (_, k) => {
        const [y, x] = [row * BLOCK + Math.floor(k / BLOCK), column * BLOCK + (k % BLOCK)];
        return { at: y * SIDE + x, ink: between((y + 0.5) / BLOCK - 0.5, (x + 0.5) / BLOCK - 0.5) };
      });
      points.sort((a, b) => b.ink - a.ink || a.at - b.at);
      for (const { at } of points.slice(0, count(row, column))) drawing[at] = 1;
    }
  }
  return drawing;
}

/** A square picture turned counter-clockwise by quarter turns. */
export function turned(picture, side, quarters) {
  let now = picture;
  for (let k = 0; k < quarters; k++) {
    const before = now;
    now = before.map((_, at) => before[(at % side) * side + side - 1 - Math.floor(at / side)]);
  }
  return now;
}

/** Its left-right mirror image. */
export const mirrored = (picture, side) =>
  picture.map((_, at) => picture[Math.floor(at / side) * side + side - 1 - (at % side)]);

/**
 * The eight elements r^k f^j of D(4), j slow: quarter turns, and quarter turns after a mirror. They act on pictures and permute
 * the channels of regular fields: channel h of the old picture is channel g h of the new one.
 */
export const ELEMENTS = ["e", "r", "r²", "r³", "f", "rf", "r²f", "r³f"];

/** The product of two elements, by their numbers: f r = r⁻¹ f. */
export function product(g, h) {
  const [j, k] = [g >> 2, g & 3];
  const [i, l] = [h >> 2, h & 3];
  return ((j + i) % 2) * 4 + (((j ? k - l : k + l) + 4) % 4);
}

/** What an element makes of a picture. */
export const moved = (picture, side, g) => turned(g >> 2 ? mirrored(picture, side) : picture, side, g & 3);
