// The steps of a plan as what the device is told to do. As runtime/gpu/src/commands.rs of gdl.

import { keysOf, variant } from "./instance.js";
import { Env } from "./layout.js";
import { DIRECT, TILE, extent, how, readsInside, results } from "./products.js";

/** Invocations of a workgroup. */
const WORKGROUP = 64;
/** Workgroups along an axis, at most. */
const GROUPS = 65535;

/**
 * Dispatches in order, { run, groups, words }, and the words that they read; `run` is a kernel's number, or a text: a shader that all models share, its
 * entry point and the banks of its operands, "join 0 1", or a product that reads what a kernel would pack, with the banks of the other argument and
 * of the result, "product 7 0 1".
 */
export function commands(plan, kernels, layout, batch) {
  const writer = new Writer(plan, kernels, layout, batch);
  writer.steps(plan.steps);
  return { list: writer.list, words: writer.words };
}

class Writer {
  constructor(plan, kernels, layout, batch) {
    Object.assign(this, { plan, kernels, layout, batch });
    this.places = new Env(plan);
    this.env = layout.env.slice();
    this.list = [];
    this.words = [this.env.slice()];
    /** The number of `env` among the words. */
    this.current = 0;
  }

  steps(steps) {
    for (const step of steps) {
      const [tag, s] = variant(step);
      if (tag === "Kernel") {
        this.kernel(s);
      } else if (tag === "Gemm") {
        const inside = readsInside(s, this.kernels, this.batch);
        if (s.pack !== null && !inside) this.kernel(s.pack);
        this.gemm(s, inside);
      } else if (tag === "Loop") {
        const count = this.batch.steps(s.time);
        for (let k = 0; k < count; k++) {
          this.setStep(s.id, s.reverse ? count - 1 - k : k);
          this.current = this.words.push(this.env.slice()) - 1;
          this.steps(s.body);
        }
      } else {
        this.choose(s);
      }
    }
  }

  /** The sizes that a loop changes in its step `t`. */
  setStep(loop, t) {
    this.plan.sizes.forEach((size, k) => {
      const [tag, s] = variant(size);
      if (tag === "Step" && s === loop) this.env[this.places.sizes + k] = t;
      if (tag === "StepRows" && s[0] === loop) this.env[this.places.sizes + k] = t * this.batch.rows[s[1]];
    });
  }

  push(run, groups, words) {
    this.list.push({ run, groups, words });
  }

  kernel(k) {
    const { rows, parts } = this.layout.kernels[k];
    const { width, team, folds } = this.kernels[k];
    const groups = (jobs) => (team === 1 ? flat(jobs) : inTwoAxes(jobs));
    if (folds === 0) {
      if (rows * width > 0) this.push(k, groups(rows * width), this.current);
      return;
    }
    this.push(k, groups(parts), this.current);
    let { bank, at } = this.layout.copies;
    for (const b of this.plan.kernels[k].folds) {
      const length = this.plan.buffers[b].row_len;
      this.join(length, parts, { bank, at }, folds, this.layout.buffers[b]);
      at += length;
    }
  }

  /** Adds parts of so many numbers, `stride` apart (join.wgsl). */
  join(length, parts, from, stride, to) {
    const words = this.words.push(Int32Array.of(length, parts, from.at, stride, to.at)) - 1;
    this.push(`join ${from.bank} ${to.bank}`, flat(length), words);
  }

  bank(buffer) {
    return this.layout.buffers[buffer].bank;
  }

  /** Fills the tables of a choice (choose.wgsl). */
  choose({ id, chosen, key, offset }) {
    const { tables, signature } = this.plan;
    const { of, each, others } = variant(signature.domains.dims[chosen])[1];
    const keys = keysOf(signature.domains, chosen);
    const start = (tag, content) => {
      const k = tables.findIndex((t) => JSON.stringify(variant(t)) === JSON.stringify([tag, content]));
      return this.env[this.places.tables + k];
    };
    const rows = (dim) => this.batch.rows[dim];
    const [first] = this.matrix({ buffer: key, offset, row_stride: 1, col_stride: 1 });
    const words = [first, this.batch.samples];
    words.push(...[of, each, chosen, keys].map((dim) => start("SamplePtr", dim)));
    words.push(...["Chosen", "ChosenPtr", "ChosenOrder"].map((tag) => start(tag, [id, chosen])));
    words.push(Number(others), rows(keys), rows(of));
    const at = this.words.push(Int32Array.from(words)) - 1;
    const jobs = { rank: rows(keys), count: rows(of), offsets: 1, list: rows(of) };
    for (const [entry, n] of Object.entries(jobs)) if (n > 0) this.push(`${entry} ${this.bank(key)}`, flat(n), at);
  }

  /** Where a matrix begins, and its strides. */
  matrix({ buffer, offset, row_stride, col_stride }) {
    const start = offset.terms.reduce((sum, [size, c]) => sum + c * this.env[this.places.sizes + size], offset.offset);
    return [this.layout.buffers[buffer].at + start, row_stride, col_stride];
  }

  /** A product; `inside`: it reads what its first argument would be packed by. */
  gemm(g, inside) {
    const [m, n, k] = g.size.map((e) => extent(e, this.batch));
    const outer = g.batch.map(([e, strides]) => [extent(e, this.batch), ...strides]);
    const count = outer.reduce((product, [extent]) => product * extent, 1);
    if (m * n * count === 0) return;
    const [a, b, c] = [g.a, g.b, g.c].map((x) => this.matrix(x));
    const banks = [g.a, g.b, g.c].map((x) => this.bank(x.buffer));
    const by = how(g, this.batch);
    if (by === "direct") {
      const words = this.words.push(Int32Array.of(m, n, k, ...a, ...b, ...c, 0, outer.length, ...outer.flat())) - 1;
      this.push(`direct ${banks.join(" ")}`, [Math.ceil(n / DIRECT[1]), Math.ceil(m / DIRECT[0]), count], words);
      return;
    }
    // What is stored nowhere begins nowhere.
    if (inside) a[0] -= this.layout.buffers[g.a.buffer].at;
    if (by !== "tiled") {
      this.cut(g, by, inside, [m, n, k], [a, b, c], outer, count);
      return;
    }
    // Rows are cut so that no axis has too many workgroups.
    const tall = GROUPS * TILE;
    for (let top = 0; top < m; top += tall) {
      for (let first = 0; first < count; first += GROUPS) {
        const matrices = [[a[0] + top * a[1], a[1], a[2]], b, [c[0] + top * c[1], c[1], c[2]]];
        const rows = Math.min(m - top, tall);
        this.tiled(g, inside, banks, [rows, n, k], matrices, first, outer, Math.min(count - first, GROUPS));
      }
    }
  }

  /** A product whose sum is cut into parts of so many places: every part in a copy of the result, then the copies are added. */
  cut(g, { places, parts }, inside, [m, n, k], [a, b, c], outer, count) {
    const { copies } = this.layout;
    const length = results(g, this.batch);
    const banks = [this.bank(g.a.buffer), this.bank(g.b.buffer), copies.bank];
    const byPart = [places * a[2], places * b[1], length];
    const part = (k) => [a, b, [copies.at, c[1], c[2]]].map(([at, ...strides], j) => [at + k * byPart[j], ...strides]);
    // Whole parts are one more outer loop; what is left is by itself.
    const whole = Math.floor(k / places);
    this.tiled(g, inside, banks, [m, n, places], part(0), 0, [[whole, ...byPart], ...outer], count * whole);
    if (k % places > 0) this.tiled(g, inside, banks, [m, n, k % places], part(whole), 0, outer, count);
    this.join(length, parts, copies, length, { bank: this.bank(g.c.buffer), at: c[0] });
  }

  /** A tiled product of so many outer indices, from `first` on. */
  tiled(g, inside, banks, [m, n, k], matrices, first, outer, count) {
    const own = [m, n, k, ...matrices.flat(), first, outer.length, ...outer.flat()];
    const words = this.words.push(Int32Array.from(inside ? [...this.env, ...own] : own)) - 1;
    const run = inside ? `product ${g.pack} ${banks[1]} ${banks[2]}` : `tiled ${banks.join(" ")}`;
    this.push(run, [Math.ceil(n / TILE), Math.ceil(m / TILE), count], words);
  }
}

/** As many workgroups as `jobs` invocations need. */
const flat = (jobs) => inTwoAxes(Math.ceil(jobs / WORKGROUP));

function inTwoAxes(groups) {
  const across = Math.min(Math.max(groups, 1), GROUPS);
  return [across, Math.ceil(groups / across), 1];
}
