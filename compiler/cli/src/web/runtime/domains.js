// Neighbours and meshes for those who keep them themselves. What models compute from positions is the same.

import { fits, points, reals, rows, rowsOf, wholes } from "./arrays.js";
import { ArgumentError } from "./errors.js";
import { meshOf } from "./mesh.js";
import { Cell, nearestTo, within } from "./neighbours.js";

/** Edges between all points closer than a cutoff: { edges, shift }. */
export function neighbours(pos, { cutoff, dimension = 3, cell, pbc }) {
  return eachSample(pos, dimension, cell, pbc, (all, lattice) => within(all, lattice, cutoff));
}

/** Edges from the `k` nearest points to each: { edges, shift }. */
export function nearest(pos, { k, dimension = 3, cell, pbc }) {
  if (!(Number.isSafeInteger(k) && k >= 0)) throw new ArgumentError("k", "must be a whole number");
  return eachSample(pos, dimension, cell, pbc, (all, lattice) => nearestTo(all, lattice, k));
}

/** Edges of a triangle mesh with their angles and transports, and frames: { edges, angle, transport, frames }. */
export function mesh(pos, faces) {
  const vertices = reals("pos", pos, "vertices, 3");
  rowsOf("pos", vertices, 3, "vertices, 3");
  const triangles = wholes("faces", faces, "faces, 3");
  rowsOf("faces", triangles, 3, "faces, 3");
  const found = told("faces", () => meshOf(points(vertices, 3), rows(triangles, 3)));
  return {
    edges: pairs(found),
    angle: Float64Array.from(found.angle),
    transport: Float64Array.from(found.transport),
    frames: Float64Array.from(found.frames.flat(2)),
  };
}

function eachSample(pos, d, cell, pbc, near) {
  if (![1, 2, 3].includes(d)) throw new ArgumentError("dimension", "must be 1, 2 or 3");
  const values = reals("pos", pos, `points, ${d}`);
  rowsOf("pos", values, d, `points, ${d}`);
  const lattice = latticeOf(cell, pbc, d);
  const found = told("pos", () => near(points(values, d), lattice));
  return {
    edges: pairs(found),
    shift: Float64Array.from(found.shift.flatMap((s) => lattice.translation(s).slice(0, d))),
  };
}

function latticeOf(cell, pbc, d) {
  if (cell === undefined || cell === null) return Cell.OPEN;
  const vectors = reals("cell", cell, `${d}, ${d}`);
  fits("cell", vectors, d * d, `${d}, ${d}`);
  const flags = pbc === undefined || pbc === null ? null : wholes("pbc", pbc, `${d}`);
  if (flags) fits("pbc", flags, d, `${d}`);
  const lattice = [...points(vectors, d), [0, 0, 0], [0, 0, 0]].slice(0, 3);
  return new Cell(lattice, [0, 1, 2].map((k) => k < d && (flags === null || flags[k] !== 0)));
}

const pairs = ({ src, dst }) => Int32Array.from(src.flatMap((s, k) => [s, dst[k]]));

/** What is wrong with the geometry, as an error about an array. */
function told(name, work) {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ArgumentError(name, `cannot be used: ${error.message}`);
  }
}
