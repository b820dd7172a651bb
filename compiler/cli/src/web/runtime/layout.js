// Where everything lies in the memory of the device, and the `env` that says so.
// As runtime/gpu/src/layout.rs and runtime/abi/src/shader.rs of gdl; what stays from call to call (parameters, constants) comes first.

import { variant } from "./instance.js";
import { size, table } from "./tables.js";

/** Arrays begin at multiples of so many elements. */
const ALIGN = 64;
/** Parts into which rows that add to one array are cut, at most. */
const PARTS = 256;
/** Elements of all parts' copies together, at most. */
const COPIES = 2 ** 24;
/** What `env` begins with: the bits of infinity, minus infinity, NaN and 0. */
const SPECIAL = [0x7f800000, 0xff800000 | 0, 0x7fc00000, 0];

const MOST = 2 ** 31 - 1;

const aligned = (n) => Math.ceil(n / ALIGN) * ALIGN;

/** Where things stand in `env`. */
export class Env {
  constructor(plan) {
    this.buffers = SPECIAL.length;
    this.tables = this.buffers + plan.buffers.length;
    this.sizes = this.tables + plan.tables.length;
    this.kernels = this.sizes + plan.sizes.length;
    this.length = this.kernels + 3 * plan.kernels.length;
  }
}

/** The home of a buffer: `["Param", 3]`. */
export const home = (buffer) => variant(buffer.home);

/** The elements of a buffer. */
export function elements(buffer, batch) {
  return (buffer.dim === null ? 1 : batch.rows[buffer.dim]) * buffer.row_len;
}

/** The places of parameters and constants, and where they end. */
export function lasting(plan) {
  const at = new Map();
  let length = 0;
  plan.buffers.forEach((b, k) => {
    if (!["Param", "Const"].includes(home(b)[0])) return;
    at.set(k, length);
    length += aligned(b.row_len);
  });
  return { at, length };
}

/** The layout of one batch: { buffers, length, tables, labels, env, kernels, copies }. */
export function layout(plan, kernels, lastingPart, batch) {
  const buffers = new Array(plan.buffers.length).fill(0);
  let length = lastingPart.length;
  plan.buffers.forEach((b, k) => {
    const kind = home(b)[0];
    if (lastingPart.at.has(k)) {
      buffers[k] = lastingPart.at.get(k);
    } else if (kind !== "Temp" && kind !== "Tile") {
      buffers[k] = length;
      length += aligned(elements(b, batch));
    }
  });
  const lives = [...plan.lives];
  tileLives(plan.steps, { step: 0 }, lives);
  const placed = place(lives, lives.map((l) => aligned(elements(plan.buffers[l.buffer], batch))));
  lives.forEach((l, k) => (buffers[l.buffer] = length + placed.offsets[k]));
  length += placed.total;

  const copies = length;
  const counts = plan.kernels.map((head, k) => {
    const [tag, s] = variant(head.space);
    const rows = tag === "Fixed" ? s : batch.rows[s.dim] * s.times;
    const folds = kernels[k].folds;
    const parts = folds === 0 ? 0 : Math.max(1, Math.min(rows, PARTS, Math.floor(COPIES / folds)));
    length = Math.max(length, copies + parts * folds);
    return { rows, parts };
  });

  const { list, starts, labels, total } = tables(plan, batch);
  const words = [...SPECIAL, ...buffers, ...starts, ...plan.sizes.map((s) => size(s, batch))];
  counts.forEach(({ rows, parts }) => words.push(rows, parts, copies));
  const jobs = counts.map(({ rows }, k) => rows * kernels[k].width);
  if (Math.max(length, total, ...jobs) > MOST) {
    throw new RangeError("the batch is too large for a shader to count: use fewer samples a call");
  }
  return { buffers, length, tables: list, labels, env: Int32Array.from(words), kernels: counts, copies };
}

/** All tables one after the other, where each begins, and where labels go, which are inputs. */
function tables(plan, batch) {
  const { domains, inputs } = plan.signature;
  const [parts, starts, labels] = [[], [], []];
  let total = 0;
  for (const def of plan.tables) {
    starts.push(total);
    const found = table(def, domains, batch);
    if (found) {
      parts.push([total, found]);
      total += found.length;
    } else {
      const input = variant(def)[1];
      labels.push({ at: total, input });
      const { dim } = inputs[input];
      total += dim === null ? 1 : batch.rows[dim];
    }
  }
  const list = new Uint32Array(Math.max(total, 1));
  for (const [at, part] of parts) list.set(part, at);
  return { list, starts, labels, total };
}

/** Matrices that a CPU packs tile by tile are whole here, and in use during their own step. */
function tileLives(steps, at, lives) {
  for (const step of steps) {
    const [tag, s] = variant(step);
    if (tag === "Gemm" && s.pack !== null) lives.push({ buffer: s.a.buffer, first: at.step, last: at.step });
    at.step++;
    if (tag === "Loop") {
      tileLives(s.body, at, lives);
      at.step++;
    }
  }
}

/** Offsets for arrays of these sizes: large ones first, each at the lowest place that is free during its life. */
function place(lives, sizes) {
  const order = lives.map((_, k) => k).sort((a, b) => sizes[b] - sizes[a]);
  const offsets = new Array(lives.length).fill(0);
  const done = [];
  let total = 0;
  for (const k of order) {
    const busy = done
      .filter((j) => lives[j].first <= lives[k].last && lives[k].first <= lives[j].last)
      .map((j) => [offsets[j], offsets[j] + sizes[j]])
      .sort((a, b) => a[0] - b[0]);
    let at = 0;
    for (const [start, end] of busy) {
      if (at + sizes[k] <= start) break;
      at = Math.max(at, end);
    }
    offsets[k] = at;
    total = Math.max(total, at + sizes[k]);
    done.push(k);
  }
  return { offsets, total };
}
