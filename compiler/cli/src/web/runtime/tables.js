// Tables and sizes that follow from a batch. As runtime/core/src/exec/tables.rs of gdl.

import { variant } from "./instance.js";

const OUTSIDE = 0xffffffff;

/** The entries of a table, or null for labels, which are an input. */
export function table(def, domains, batch) {
  const [tag, t] = variant(def);
  switch (tag) {
    case "MapIndex":
      return batch.maps[t].index;
    case "MapPtr":
      return batch.maps[t].ptr;
    case "MapOrder":
      return batch.maps[t].order;
    case "SamplePtr":
      return batch.samplePtr[t];
    case "List":
      return Uint32Array.from(t);
    case "Labels":
      return null;
    case "Position":
      return bySample(t, domains, batch, (_, k) => k);
    case "Sample":
      return bySample(t, domains, batch, (s) => s);
    case "Window":
      return forward(t, batch);
    case "WindowBack":
      return backward(t, batch);
    // Filled by their step.
    case "Chosen":
    case "ChosenOrder":
      return new Uint32Array(batch.rows[t[1]]);
    case "ChosenPtr":
      return new Uint32Array(batch.rows[variant(domains.dims[t[1]])[1].of] + 1);
    default:
      throw new Error(`a table ${tag} cannot be made in a browser`);
  }
}

/** A number of the batch; those of loops are set by the loops. */
export function size(def, batch) {
  const [tag, s] = variant(def);
  switch (tag) {
    case "Rows":
      return batch.rows[s];
    case "Cells":
      return batch.cells(s);
    case "Overlap":
      return overlap(s, batch);
    default:
      return 0;
  }
}

function bySample(dim, domains, batch, f) {
  const [tag, d] = variant(domains.dims[dim]);
  if (tag === "Stacked") {
    const inner = bySample(d.of, domains, batch, f);
    return Uint32Array.from({ length: batch.rows[dim] }, (_, row) => inner[row % inner.length]);
  }
  const ptr = batch.samplePtr[dim];
  const found = new Uint32Array(batch.rows[dim]);
  for (let s = 0; s + 1 < ptr.length; s++) for (let row = ptr[s]; row < ptr[s + 1]; row++) found[row] = f(s, row - ptr[s]);
  return found;
}

/** Calls `f(coarse cell, offset, fine cell)` for every window entry inside the grid. */
function visit(w, batch, f) {
  const [fine, coarse] = [batch.extents[w.fine], batch.extents[w.coarse]];
  const at = new Array(coarse.length).fill(0);
  const cells = batch.cells(w.coarse);
  for (let cell = 0; cell < cells; cell++) {
    let rest = cell;
    for (let k = coarse.length - 1; k >= 0; k--) {
      at[k] = rest % coarse[k];
      rest = Math.floor(rest / coarse[k]);
    }
    w.offsets.forEach((offset, o) => {
      let target = 0;
      let inside = true;
      fine.forEach((n, k) => {
        let x = at[k] * w.stride + (offset[k] ?? 0);
        if (w.wrap) x = ((x % n) + n) % n;
        inside &&= x >= 0 && x < n;
        target = target * n + x;
      });
      if (inside) f(cell, o, target);
    });
  }
}

function forward(w, batch) {
  const n = w.offsets.length;
  const found = new Uint32Array(batch.cells(w.coarse) * n).fill(OUTSIDE);
  visit(w, batch, (cell, o, target) => (found[cell * n + o] = target));
  return found;
}

/** How many windows can reach one cell by one offset. */
function overlap(w, batch) {
  if (!w.wrap) return 1;
  const n = w.offsets.length;
  const count = new Uint32Array(batch.cells(w.fine) * n);
  visit(w, batch, (_, o, target) => count[target * n + o]++);
  return count.reduce((a, b) => Math.max(a, b), 1);
}

function backward(w, batch) {
  const [n, depth] = [w.offsets.length, overlap(w, batch)];
  const found = new Uint32Array(batch.cells(w.fine) * n * depth).fill(OUTSIDE);
  visit(w, batch, (cell, o, target) => {
    let slot = (target * n + o) * depth;
    while (found[slot] !== OUTSIDE) slot++;
    found[slot] = cell;
  });
  return found;
}
