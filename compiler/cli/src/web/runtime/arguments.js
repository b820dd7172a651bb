// What a model is called with, as a program takes it: sizes and maps of the batch, and arrays in the program's order.
// As runtime/host/src/data of gdl; arrays have no shapes here, so that extents of grids are said beside them.

import { extents, fits, offsets, points, reals, rows, rowsOf, wholes } from "./arrays.js";
import { ArgumentError } from "./errors.js";
import { variant } from "./instance.js";
import { meshOf } from "./mesh.js";
import { Cell, nearestTo, within } from "./neighbours.js";

/** The name of a dim at the door; null for samples. */
const dimName = (signature, dim) => (dim === null ? null : variant(signature.domains.dims[dim])[1]?.name ?? null);

const width = ({ axes }) => axes.reduce((a, b) => a * b, 1);

/** Reads the arguments of calls. */
export class Arguments {
  /** Of a program with this signature, to which cotangents are given too where they are listed. */
  constructor(description, signature, cotangents = []) {
    this.domains = description.domains;
    this.signature = signature;
    this.inputs = description.arguments;
    this.cotangents = cotangents;
    /** By name in the program: { name, field, shape, kind, labels, optional }. */
    this.known = new Map([...this.inputs, ...cotangents].map((a) => [a.name, a]));
  }

  /**
   * { door, arrays, orders } of a call: `orders` has, for dims whose rows were given in another order than the program's, the given
   * row of each, and null for rows that were not given.
   */
  read(inputs, cotangents) {
    const given = read("inputs", "argument", inputs, this.inputs);
    if (this.cotangents.length > 0) given.push(...read("cotangents", "output", cotangents, this.cotangents));
    return new Call(this, new Map(given)).read();
  }
}

/** The names and arrays that an object has for arguments, copied and of the right types. */
function read(what, one, object, list) {
  const fields = list.map((a) => a.field);
  if (object === null || typeof object !== "object") {
    throw new ArgumentError(what, `must be an object: { ${fields.join(", ")} }`);
  }
  const unknown = Object.keys(object).find((key) => !fields.includes(key));
  if (unknown !== undefined) throw new ArgumentError(unknown, `is no ${one}; there are ${fields.join(", ")}`);
  const given = [];
  for (const a of list) {
    const value = object[a.field];
    if (value === undefined || value === null) {
      if (!a.optional) throw new ArgumentError(a.field, `is missing: [${a.shape}]`);
    } else if (a.kind === "extents") {
      given.push([a.name, extents(a.field, value, a.rank)]);
    } else {
      given.push([a.name, (a.kind === "real" ? reals : wholes)(a.field, value, a.shape)]);
    }
  }
  return given;
}

/** One call. */
class Call {
  constructor({ domains, signature, known }, given) {
    Object.assign(this, { domains, signature, known, given });
    this.door = { samples: null, ragged: new Map(), grids: new Map(), maps: new Map() };
    /** By the name of a dim of edges: what goes with them. */
    this.edges = new Map();
  }

  field(name) {
    return this.known.get(name)?.field ?? name;
  }

  shape(name) {
    return this.known.get(name)?.shape ?? "";
  }

  read() {
    for (const domain of this.domains) {
      if (domain.kind === "grid") this.grid(domain);
      else this.set(domain);
    }
    this.door.samples ??= this.perSample();
    const orders = new Map();
    this.signature.domains.dims.forEach((_, dim) => {
      const edges = this.edges.get(dimName(this.signature, dim));
      if (edges) orders.set(dim, edges.order ?? null);
    });
    return { door: this.door, arrays: this.signature.inputs.map((decl) => this.array(decl)), orders };
  }

  /** The first input that a call gives on a domain. */
  firstOn(name) {
    return this.signature.inputs.find((decl) => dimName(this.signature, decl.dim) === name && this.given.has(decl.name));
  }

  /** Samples of a model without domains: rows of its first input. */
  perSample() {
    const decl = this.signature.inputs.find(({ name, dim }) => dimName(this.signature, dim) === null && this.given.has(name));
    return decl ? rowsOf(this.field(decl.name), this.given.get(decl.name), width(decl), this.shape(decl.name)) : 1;
  }

  samples(count, name) {
    this.door.samples ??= count;
    if (this.door.samples !== count) {
      throw new ArgumentError(this.field(name), `is for ${count} samples, other arguments are for ${this.door.samples}`);
    }
  }

  grid({ name }) {
    const sides = this.given.get(name);
    this.door.grids.set(name, sides);
    const decl = this.firstOn(name);
    if (!decl) return;
    const cells = sides.reduce((a, b) => a * b, width(decl));
    const samples = rowsOf(this.field(decl.name), this.given.get(decl.name), cells, this.shape(decl.name));
    if (samples === 0) throw new ArgumentError(this.field(decl.name), "has no samples");
    this.samples(samples, decl.name);
  }

  /** Sets and sequences, and what is one with edges. */
  set(domain) {
    const { name } = domain;
    const ptr = this.given.has(`${name}.ptr`)
      ? offsets(this.field(`${name}.ptr`), this.given.get(`${name}.ptr`))
      : Uint32Array.of(0, this.nodes(domain));
    if (ptr.length === 1) throw new ArgumentError(this.field(`${name}.ptr`), "has no samples");
    this.door.ragged.set(name, ptr);
    this.samples(ptr.length - 1, `${name}.ptr`);
    const dim = `${name}.edges`;
    const hasEdges = this.signature.domains.dims.some((_, k) => dimName(this.signature, k) === dim);
    if (!hasEdges) return;
    const edges = this.edgesOf(domain, ptr);
    this.edges.set(dim, edges);
    this.door.ragged.set(dim, edges.ptr);
    this.door.maps.set(`${name}.src`, edges.src);
    this.door.maps.set(`${name}.dst`, edges.dst);
  }

  /** The rows of a set that is one sample. */
  nodes({ name, d }) {
    const decl = this.firstOn(name);
    if (decl) return rowsOf(this.field(decl.name), this.given.get(decl.name), width(decl), this.shape(decl.name));
    const positions = this.given.get(`${name}.pos`);
    if (positions) return rowsOf(this.field(`${name}.pos`), positions, d, this.shape(`${name}.pos`));
    throw new ArgumentError(this.field(`${name}.ptr`), `is missing: nothing else says how large \`${name}\` is`);
  }

  edgesOf(domain, ptr) {
    const { name, kind, near } = domain;
    if (kind === "mesh") return this.sides(domain, ptr);
    if (this.given.has(`${name}.edges`)) return this.listed(domain, ptr);
    if (near) return this.computed(domain, ptr);
    throw new ArgumentError(this.field(`${name}.edges`), "is missing: pairs of source and destination");
  }

  /** Edges that the caller gives, sorted by destination; equal ones stay in their order. */
  listed({ name, d }, nodes) {
    const field = this.field(`${name}.edges`);
    const pairs = this.given.get(`${name}.edges`);
    const count = rowsOf(field, pairs, 2, this.shape(`${name}.edges`));
    const total = nodes[nodes.length - 1];
    const bad = pairs.findIndex((v) => !(v >= 0 && v < total));
    if (bad >= 0) throw new ArgumentError(field, `has node ${pairs[bad]} in edge ${bad >> 1}, but there are ${total} nodes`);
    const sampleOf = new Uint32Array(total);
    for (let s = 0; s + 1 < nodes.length; s++) sampleOf.fill(s, nodes[s], nodes[s + 1]);
    const order = Uint32Array.from({ length: count }, (_, k) => k).sort((a, b) => pairs[2 * a + 1] - pairs[2 * b + 1] || a - b);
    const src = order.map((k) => pairs[2 * k]);
    const dst = order.map((k) => pairs[2 * k + 1]);
    const ptr = new Uint32Array(nodes.length);
    order.forEach((k, row) => {
      const [s, t] = [sampleOf[src[row]], sampleOf[dst[row]]];
      if (s !== t) throw new ArgumentError(field, `has edge ${k} from sample ${s} to sample ${t}`);
      ptr[t + 1]++;
    });
    for (let s = 1; s < ptr.length; s++) ptr[s] += ptr[s - 1];
    return { src, dst, ptr, order, shift: this.given.has(`${name}.shift`) ? null : new Float32Array(count * (d ?? 0)) };
  }

  positions({ name, d }, nodes) {
    const values = this.given.get(`${name}.pos`);
    fits(this.field(`${name}.pos`), values, nodes[nodes.length - 1] * d, this.shape(`${name}.pos`));
    return points(values, d);
  }

  /** Edges between near points. */
  computed(domain, nodes) {
    const { name, d, near } = domain;
    const all = this.positions(domain, nodes);
    const shifts = [];
    const joined = joinSamples(nodes, (from, to, s) => {
      const cell = this.cell(domain, s);
      const found = this.told(name, s, () => {
        const own = all.slice(from, to);
        return near.cutoff === undefined ? nearestTo(own, cell, near.nearest) : within(own, cell, near.cutoff);
      });
      for (const shift of found.shift) shifts.push(...cell.translation(shift).slice(0, d));
      return found;
    });
    return { ...joined, shift: Float32Array.from(shifts) };
  }

  /** The lattice of a sample. */
  cell({ name, d }, sample) {
    const vectors = this.ofSample(`${name}.cell`, d * d, sample);
    if (!vectors) return Cell.OPEN;
    const flags = this.ofSample(`${name}.pbc`, d, sample);
    const axes = [0, 1, 2];
    const lattice = [...points(vectors, d), [0, 0, 0], [0, 0, 0]].slice(0, 3);
    return new Cell(lattice, axes.map((k) => k < d && (flags === null || flags[k] !== 0)));
  }

  /** What an array has for a sample: its own part, or all of it where it is the same for all; null without the array. */
  ofSample(name, length, sample) {
    const values = this.given.get(name);
    if (!values) return null;
    if (values.length === length) return values;
    fits(this.field(name), values, length * this.door.samples, this.shape(name));
    return values.subarray(sample * length, (sample + 1) * length);
  }

  /** Both directions of every side of a mesh. */
  sides(domain, nodes) {
    const { name } = domain;
    const all = this.positions(domain, nodes);
    const faces = this.given.get(`${name}.faces`);
    const count = rowsOf(this.field(`${name}.faces`), faces, 3, this.shape(`${name}.faces`));
    const triangles = rows(faces, 3);
    const given = this.given.get(`${name}.faces_ptr`);
    const ptr = given && offsets(this.field(`${name}.faces_ptr`), given);
    if (ptr && (ptr.length !== nodes.length || ptr[ptr.length - 1] !== count)) {
      throw new ArgumentError(this.field(`${name}.faces_ptr`), `must be ${nodes.length} offsets from 0 to ${count}`);
    }
    const [angle, transport] = [[], []];
    const joined = joinSamples(nodes, (from, to, s) => {
      const own = ptr ? triangles.slice(ptr[s], ptr[s + 1]) : triangles;
      const found = this.told(name, s, () => meshOf(all.slice(from, to), own), "faces");
      for (const a of found.angle) angle.push(a);
      for (const t of found.transport) transport.push(t);
      return found;
    });
    return { ...joined, angle, transport };
  }

  /** What is wrong with the geometry of a sample, as an error about its array. */
  told(name, sample, work, part = "pos") {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ArgumentError(this.field(`${name}.${part}`), `cannot be used: sample ${sample}: ${error.message}`);
    }
  }

  /** An input of the program. */
  array(decl) {
    const { name, dim } = decl;
    const on = dimName(this.signature, dim);
    const edges = this.edges.get(on);
    const isCotangent = name.startsWith("cot.");
    const part = name.includes(".") && !isCotangent ? name.split(".")[1] : null;
    if (edges && part === "shift" && edges.shift) {
      if (this.given.has(name)) throw new ArgumentError(this.field(name), "is for given edges: they are missing");
      return edges.shift;
    }
    if (edges && (part === "angle" || part === "transport")) return angles(edges[part], width(decl));
    const length = this.rowsOn(dim) * width(decl);
    // Cotangents that are not given are 0.
    if (isCotangent && !this.given.has(name)) return new Float32Array(length);
    const values = this.given.get(name);
    fits(this.field(name), values, length, this.shape(name));
    const typed = decl.dtype === "Real" ? Float32Array.from(values) : this.labels(name, values);
    if (!edges) return typed;
    if (!edges.order) throw new ArgumentError(this.field(name), "is on edges that are computed: give the edges too");
    return sorted(typed, width(decl), edges.order);
  }

  rowsOn(dim) {
    const name = dimName(this.signature, dim);
    const sides = this.door.grids.get(name);
    if (sides) return sides.reduce((a, b) => a * b, this.door.samples);
    const ptr = this.door.ragged.get(name);
    return ptr ? ptr[ptr.length - 1] : this.door.samples;
  }

  /** Labels as the program counts them. */
  labels(name, values) {
    const { field, labels } = this.known.get(name);
    const numbers = Array.isArray(labels) ? labels : null;
    return Uint32Array.from(values, (v, k) => {
      const label = numbers ? numbers.indexOf(v) : v;
      if (numbers ? label < 0 : !(label >= 0 && label < labels)) {
        const allowed = numbers ? `one of ${numbers.join(", ")}` : `in 0..${labels}`;
        throw new ArgumentError(field, `has ${v} at ${k}, which is not ${allowed}`);
      }
      return label;
    });
  }
}

/** The edges of all samples, nodes counted over all. */
function joinSamples(nodes, edgesOf) {
  const [src, dst, ptr] = [[], [], [0]];
  for (let s = 0; s + 1 < nodes.length; s++) {
    const found = edgesOf(nodes[s], nodes[s + 1], s);
    for (const v of found.src) src.push(nodes[s] + v);
    for (const v of found.dst) dst.push(nodes[s] + v);
    ptr.push(src.length);
  }
  return { src: Uint32Array.from(src), dst: Uint32Array.from(dst), ptr: Uint32Array.from(ptr) };
}

/** Angles, or their cosines and sines. */
function angles(list, numbers) {
  return Float32Array.from(numbers === 1 ? list : list.flatMap((a) => [Math.cos(a), Math.sin(a)]));
}

/** Rows in another order. */
function sorted(values, numbers, order) {
  const found = new values.constructor(values.length);
  order.forEach((row, k) => found.set(values.subarray(row * numbers, (row + 1) * numbers), k * numbers));
  return found;
}
