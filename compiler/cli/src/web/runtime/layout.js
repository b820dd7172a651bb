// Where everything lies in the memory of the device, and the `env` that says so.
// As runtime/gpu/src/layout.rs and runtime/abi/src/shader.rs of gdl; what stays from call to call (parameters, constants) comes first.
// Reals lie in banks (banks.js): a place is { bank, at }, with the number of the first element there.

import { BANKS, Banks } from "./banks.js";
import { LimitError } from "./errors.js";
import { variant } from "./instance.js";
import { copiesOf, readsInside } from "./products.js";
import { size, table } from "./tables.js";

/** Parts into which rows that add to one array are cut, at most. */
const PARTS = 256;
/** Elements of all parts' copies together, at most. */
const COPIES = 2 ** 24;
/** What `env` begins with: the bits of infinity, minus infinity, NaN and 0. */
const SPECIAL = [0x7f800000, 0xff800000 | 0, 0x7fc00000, 0];

const MOST = 2 ** 31 - 1;

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

/** The places of parameters and then constants, and where they end. Shaders know them. */
export function lasting(plan) {
  const at = new Map();
  let length = 0;
  for (const kind of ["Param", "Const"]) {
    plan.buffers.forEach((b, k) => {
      if (home(b)[0] !== kind) return;
      at.set(k, length);
      length += Banks.aligned(b.row_len);
    });
  }
  return { at, length };
}

/**
 * The layout of one batch: { buffers, copies, lengths, tables, labels, env, kernels }; `lengths` are the elements of every bank.
 * `room` is { elements, banks, what }: what fits into a bank, the banks of another batch, which are taken again if they have enough room because shaders
 * know them, and what needs all this.
 */
export function layout(plan, kernels, lastingPart, batch, room) {
  const counts = plan.kernels.map((head, k) => {
    const [tag, s] = variant(head.space);
    const rows = tag === "Fixed" ? s : batch.rows[s.dim] * s.times;
    const folds = kernels[k].folds;
    const parts = folds === 0 ? 0 : Math.max(1, Math.min(rows, PARTS, Math.floor(COPIES / folds)));
    return { rows, parts };
  });
  const ofProducts = productsOf(plan.steps).map((g) => copiesOf(g, batch));
  const ofCopies = Math.max(0, ...ofProducts, ...counts.map(({ parts }, k) => parts * kernels[k].folds));
  const reals = { sizes: sizes(plan, kernels, batch), copies: ofCopies, lasting: lastingPart };
  const again = room.banks && places(plan, reals, room.elements, room.banks);
  const placed = again || places(plan, reals, room.elements, null);
  if (!placed) throw tooLarge(plan, reals, room);
  const { buffers, copies, lengths } = placed;

  const { list, starts, labels, total } = tables(plan, batch);
  const words = [...SPECIAL, ...buffers.map(({ at }) => at), ...starts, ...plan.sizes.map((s) => size(s, batch))];
  counts.forEach(({ rows, parts }) => words.push(rows, parts, copies.at));
  const jobs = counts.map(({ rows }, k) => rows * kernels[k].width);
  if (Math.max(total, ...jobs) > MOST) throw uncountable();
  return { buffers, copies, lengths, tables: list, labels, env: Int32Array.from(words), kernels: counts };
}

/** The elements of every buffer; none of what products compute where they read it. */
function sizes(plan, kernels, batch) {
  const all = plan.buffers.map((b) => elements(b, batch));
  for (const g of productsOf(plan.steps)) if (readsInside(g, kernels, batch)) all[g.a.buffer] = 0;
  return all;
}

/** The matrix products among steps, those in loops too. */
function productsOf(steps) {
  return steps.flatMap((step) => {
    const [tag, s] = variant(step);
    return tag === "Gemm" ? [s] : tag === "Loop" ? productsOf(s.body) : [];
  });
}

/** The bank of every buffer of a layout, and that of copies. */
export const banksOf = ({ buffers, copies }) => [...buffers, copies].map(({ bank }) => bank);

/** Where everything lies: what lasts first, then what is in use all the time, then temporary arrays; null if there is not enough room. */
function places(plan, { sizes, copies, lasting }, room, wanted) {
  const banks = new Banks(room);
  if (!banks.put(lasting.length, 0)) return null;
  const buffers = sizes.map(() => ({ bank: 0, at: 0 }));
  for (const [k, b] of plan.buffers.entries()) {
    if (lasting.at.has(k)) {
      buffers[k].at = lasting.at.get(k);
    } else if (!["Temp", "Tile"].includes(home(b)[0])) {
      buffers[k] = banks.put(sizes[k], wanted?.[k]);
      if (!buffers[k]) return null;
    }
  }
  const ofCopies = banks.put(copies, wanted?.[sizes.length]);
  if (!ofCopies) return null;
  const lives = [...plan.lives];
  tileLives(plan.steps, { step: 0 }, lives);
  const bank = wanted && lives.map((l) => wanted[l.buffer]);
  const temporary = banks.putTemporary(lives, lives.map((l) => Banks.aligned(sizes[l.buffer])), bank);
  if (!temporary) return null;
  lives.forEach((l, k) => (buffers[l.buffer] = temporary[k]));
  return { buffers, copies: ofCopies, lengths: banks.lengths() };
}

/** What is said where there is not enough room. */
function tooLarge(plan, reals, { elements, what }) {
  const limit = "maxStorageBufferBindingSize";
  const largest = Math.max(reals.lasting.length, ...reals.sizes);
  if (largest > MOST) return uncountable();
  if (largest > elements) return new LimitError(limit, 4 * largest, 4 * elements, what);
  const [all] = places(plan, reals, Infinity, null).lengths;
  return new LimitError(`${BANKS} × ${limit}`, 4 * all, 4 * BANKS * elements, what);
}

const uncountable = () => new RangeError("the batch is too large for a shader to count: use fewer samples a call");

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

/** Matrices that a CPU packs tile by tile are whole here, if they are stored at all, and in use during their own step. */
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
