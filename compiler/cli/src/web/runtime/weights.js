// Weights from a .safetensors file.

import { FileError } from "./errors.js";

/** The tensors of a file as { name: Float32Array }, and the notes that gdl wrote beside them. */
export function readTensors(bytes, path) {
  const fail = (why) => new FileError(`${path} ${why}`);
  if (bytes.byteLength < 8) throw fail("is no safetensors file: it is too short");
  const view = new DataView(bytes);
  const length = Number(view.getBigUint64(0, true));
  if (length > bytes.byteLength - 8) throw fail("is no safetensors file, or is cut off");
  let header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes, 8, length)));
  } catch {
    throw fail("is no safetensors file: its header cannot be read");
  }
  const tensors = new Map();
  let notes = {};
  for (const [name, about] of Object.entries(header)) {
    if (name === "__metadata__") {
      notes = JSON.parse(about.gdl ?? "{}");
      continue;
    }
    const [from, to] = about.data_offsets;
    if (8 + length + to > bytes.byteLength || from > to) throw fail(`is cut off: \`${name}\` is not in it`);
    const data = bytes.slice(8 + length + from, 8 + length + to);
    if (about.dtype === "F32") tensors.set(name, new Float32Array(data));
    else if (about.dtype === "F64") tensors.set(name, Float32Array.from(new Float64Array(data)));
  }
  return { tensors, notes };
}

/** The weights of a model in the order of its parameters. Those of another model are refused. */
export function modelWeights(bytes, path, parameters, hash) {
  const { tensors, notes } = readTensors(bytes, path);
  const written = notes.checkpoint ? JSON.parse(notes.checkpoint).model : hash;
  if (written !== hash) throw new FileError(`${path} was written for another model`);
  return parameters.map(({ name, length }) => {
    const found = tensors.get(name);
    if (!found) throw new FileError(`${path} has no parameter \`${name}\`, or not as f32 or f64`);
    if (found.length !== length) {
      throw new FileError(`${path}: \`${name}\` has ${found.length} numbers where the model has ${length}`);
    }
    return found;
  });
}
