// Edges from positions: all neighbours nearer than a cutoff, or the nearest ones.
// As runtime/core/src/domain of gdl: the same edges in the same order, by destination, then source, then image.

import { add, cross, dot, norm, orthogonal, scale, sub, unit } from "./vector.js";

/** A lattice: its vectors, and which of them are periods. */
export class Cell {
  static OPEN = new Cell([[0, 0, 0], [0, 0, 0], [0, 0, 0]], [false, false, false]);

  constructor(vectors, periodic) {
    this.vectors = vectors;
    this.periodic = periodic;
  }

  /** A translation of the lattice. */
  translation(shift) {
    return [0, 1, 2]
      .filter((k) => this.periodic[k])
      .reduce((sum, k) => add(sum, scale(this.vectors[k], shift[k])), [0, 0, 0]);
  }

  /** The rows of the inverse of the lattice, unit vectors at right angles standing in where there is no period; null for dependent ones. */
  inverse() {
    const basis = this.#completed();
    if (!basis) return null;
    const volume = dot(basis[0], cross(basis[1], basis[2]));
    const flat = basis.reduce((product, v) => product * norm(v), 1e-12);
    if (!(Math.abs(volume) > flat && Number.isFinite(volume))) return null;
    return [0, 1, 2].map((k) => scale(cross(basis[(k + 1) % 3], basis[(k + 2) % 3]), 1 / volume));
  }

  #completed() {
    const basis = [...this.vectors];
    const periods = [0, 1, 2].filter((k) => this.periodic[k]);
    if (periods.length === 0) return [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
    if (periods.length === 1) {
      const [k] = periods;
      const along = unit(basis[k]);
      const first = along && orthogonal(along);
      if (!first) return null;
      basis[(k + 1) % 3] = first;
      basis[(k + 2) % 3] = cross(along, first);
    } else if (periods.length === 2) {
      const [j, k] = periods;
      const third = unit(cross(basis[j], basis[k]));
      if (!third) return null;
      basis[3 - j - k] = third;
    }
    return basis;
  }
}

/** More bins than this around one point mean that the distance and the cell are in different units. */
const MOST_BINS = 1e6;
/** Bins are a little thicker than asked, which makes up for rounding. */
const SLACK = 1.001;
/** What lies beyond so many bins is put into the last one. */
const FARTHEST = 2 ** 36;
/** Points are at most so many cells away from the one at the origin. */
const MOST_CELLS = 2 ** 20;

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

/** Points sorted into bins, so that those nearer than a distance are found without looking at all others. */
class Bins {
  constructor(points, cell, distance) {
    Object.assign(this, { points, cell, distance });
    const bad = points.findIndex((p) => !p.every(Number.isFinite));
    if (bad >= 0) throw new RangeError(`point ${bad} is not finite`);
    const inverse = cell.inverse();
    if (!inverse) throw new RangeError("the lattice vectors are not independent");
    const heights = inverse.map((a) => 1 / norm(a));
    /** Bins along every period; null where there is none. */
    this.count = heights.map((h, k) => (cell.periodic[k] ? clamp(Math.floor(h / distance), 1, MOST_CELLS) : null));
    const thickness = heights.map((h, k) => (this.count[k] === null ? distance * SLACK : h / this.count[k]));
    /** How many bins away a neighbour can be. */
    this.reach = thickness.map((t) => Math.ceil((distance * SLACK) / t));
    if (this.reach.reduce((product, r) => product * (2 * r + 1), 1) > MOST_BINS) {
      throw new RangeError(`a distance of ${distance} reaches very many images of the cell: are both in one unit?`);
    }
    this.places = points.map((x, row) => this.#place(x, row, inverse, thickness));
    this.members = new Map();
    this.places.forEach(({ bin }, row) => {
      const key = bin.join();
      if (!this.members.has(key)) this.members.set(key, []);
      this.members.get(key).push(row);
    });
  }

  #place(x, row, inverse, thickness) {
    const [bin, wrapped] = [[0, 0, 0], [0, 0, 0]];
    for (let k = 0; k < 3; k++) {
      const f = dot(inverse[k], x);
      const n = this.count[k];
      if (n === null) {
        bin[k] = clamp(Math.floor(f / thickness[k]), -FARTHEST, FARTHEST);
        continue;
      }
      const cells = Math.floor(f);
      if (Math.abs(cells) > MOST_CELLS) throw new RangeError(`point ${row} is ${cells} cells away`);
      wrapped[k] = -cells;
      bin[k] = clamp(Math.floor((f - cells) * n), 0, n - 1);
    }
    return { bin, wrapped, at: add(x, this.cell.translation(wrapped)) };
  }

  /** Everything nearer to a point than the distance: { row, shift, square }. A point is near itself only as an image. */
  near(row) {
    const found = [];
    const { bin } = this.places[row];
    const [x, y, z] = this.reach;
    for (let i = bin[0] - x; i <= bin[0] + x; i++)
      for (let j = bin[1] - y; j <= bin[1] + y; j++)
        for (let k = bin[2] - z; k <= bin[2] + z; k++) this.#visit(row, [i, j, k], found);
    return found;
  }

  #visit(row, bin, found) {
    const image = bin.map((b, k) => (this.count[k] === null ? 0 : Math.floor(b / this.count[k])));
    const own = bin.map((b, k) => (this.count[k] === null ? b : b - image[k] * this.count[k]));
    const members = this.members.get(own.join());
    if (!members) return;
    const here = this.places[row];
    const limit = this.distance * this.distance;
    for (const other of members) {
      const { wrapped } = this.places[other];
      const shift = [0, 1, 2].map((k) => image[k] + wrapped[k] - here.wrapped[k]);
      const apart = add(sub(this.points[other], this.points[row]), this.cell.translation(shift));
      const square = dot(apart, apart);
      if (square < limit && (other !== row || shift.some((n) => n !== 0))) found.push({ row: other, shift, square });
    }
  }
}

const byRow = (a, b) =>
  a.row - b.row || a.shift[0] - b.shift[0] || a.shift[1] - b.shift[1] || a.shift[2] - b.shift[2];

/** Lists of neighbours as { src, dst, shift }, shifts in lattice vectors. */
function joined(lists) {
  const edges = { src: [], dst: [], shift: [] };
  lists.forEach((list, dst) => {
    for (const { row, shift } of list) {
      edges.src.push(row);
      edges.dst.push(dst);
      edges.shift.push(shift);
    }
  });
  return edges;
}

/** All edges shorter than the cutoff, periodic images included. */
export function within(points, cell, cutoff) {
  if (!(cutoff > 0 && Number.isFinite(cutoff))) throw new RangeError(`a cutoff of ${cutoff} has no neighbours`);
  const bins = new Bins(points, cell, cutoff);
  return joined(points.map((_, row) => bins.near(row).sort(byRow)));
}

/** Edges from the `k` nearest others to each point, images included; of equally near ones those with smaller numbers, then shifts. */
export function nearestTo(points, cell, k) {
  let distance = firstDistance(points, cell, k);
  let bins = new Bins(points, cell, distance);
  if (k === 0 || points.length === 0) return joined([]);
  if (cell.periodic.every((p) => !p) && k + 1 >= points.length) return complete(points.length);
  const found = points.map(() => null);
  for (;;) {
    let left = false;
    found.forEach((done, row) => {
      if (done) return;
      const near = bins.near(row);
      left ||= near.length < k;
      if (near.length >= k) {
        near.sort((a, b) => a.square - b.square || byRow(a, b));
        found[row] = near.slice(0, k).sort(byRow);
      }
    });
    if (!left) return joined(found);
    distance *= 2;
    if (!Number.isFinite(distance * distance)) throw new RangeError("a point is too far from the others");
    bins = new Bins(points, cell, distance);
  }
}

/** All ordered pairs of different points. */
function complete(n) {
  const all = [...Array(n).keys()];
  return joined(all.map((dst) => all.filter((src) => src !== dst).map((row) => ({ row, shift: [0, 0, 0] }))));
}

/** A distance within which the `k` nearest others of points in dense places may be. */
function firstDistance(points, cell, k) {
  const SAMPLE = 16;
  const periods = [0, 1, 2].filter((j) => cell.periodic[j]).map((j) => norm(cell.vectors[j]));
  let least = Math.min(Infinity, ...periods);
  let widest = 0;
  if (k >= 1 && k < points.length) {
    for (let row = 0; row < points.length; row += Math.ceil(points.length / SAMPLE)) {
      const squares = Float64Array.from(points, (p) => dot(sub(p, points[row]), sub(p, points[row]))).sort();
      // The nearest is the point itself.
      least = Math.min(least, Math.sqrt(squares[k]));
      widest = Math.max(widest, Math.sqrt(squares[squares.length - 1]));
    }
  }
  // Many points in one place say nothing.
  const distance = Math.max(least * 1.001, widest * 1e-6);
  return distance > 0 && Number.isFinite(distance) ? distance : 1;
}
