// Arrays of a call: what they may be, and what they hold.

import { ArgumentError } from "./errors.js";

const WHOLE = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array];

const typeName = (value) => (value === null ? "null" : value?.constructor?.name ?? typeof value);

/** A copy of an array of reals, checked: single or double precision, every number finite in single precision. */
export function reals(name, value, shape) {
  if (!(value instanceof Float32Array || value instanceof Float64Array)) {
    throw new ArgumentError(name, `must be a Float32Array or Float64Array [${shape}], but is: ${typeName(value)}`);
  }
  const bad = value.findIndex((x) => !Number.isFinite(Math.fround(x)));
  if (bad >= 0) throw new ArgumentError(name, `holds ${value[bad]} at ${bad}, which is no finite number in single precision`);
  return value.slice();
}

/** An array of integers, copied. */
export function wholes(name, value, shape) {
  if (!WHOLE.some((kind) => value instanceof kind)) {
    throw new ArgumentError(name, `must be an Int32Array or another array of integers [${shape}], but is: ${typeName(value)}`);
  }
  return value.slice();
}

/** The extents of a grid. */
export function extents(name, value, rank) {
  const list = Array.isArray(value) || ArrayBuffer.isView(value) ? Array.from(value) : [];
  if (list.length !== rank || !list.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new ArgumentError(name, `must be the ${rank} extents of the grid, as in [${new Array(rank).fill(8).join(", ")}]`);
  }
  return list;
}

/** Offsets that ascend from 0. */
export function offsets(name, value) {
  const sound = value.length > 0 && value[0] === 0 && value.every((v, k) => k === 0 || v >= value[k - 1]);
  if (!sound) throw new ArgumentError(name, "must be offsets that ascend from 0, one a sample and the end");
  return Uint32Array.from(value);
}

/** Says that an array must have another length. */
export function fits(name, value, length, shape) {
  if (value.length !== length) {
    throw new ArgumentError(name, `has ${value.length} numbers, but ${length} are needed: [${shape}]`);
  }
}

/** The number of rows of so many numbers that an array has. */
export function rowsOf(name, value, width, shape) {
  if (value.length % width !== 0) {
    throw new ArgumentError(name, `has ${value.length} numbers, but a multiple of ${width} is needed: [${shape}]`);
  }
  return value.length / width;
}

/** Rows of some numbers each. */
export function rows(values, width) {
  return Array.from({ length: values.length / width }, (_, k) => Array.from(values.subarray(k * width, (k + 1) * width)));
}

/** Points of space, with zeros for axes that they do not have. */
export const points = (values, d) => rows(values, d).map((p) => [...p, 0, 0].slice(0, 3));
