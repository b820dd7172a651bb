// A model ready to be called.

import { Arguments } from "./arguments.js";
import { Gpu } from "./device.js";
import { DeviceLostError, FileError, GdlError } from "./errors.js";
import { fetched } from "./files.js";
import { Program } from "./program.js";
import { modelWeights } from "./weights.js";

/** The version of the package's format that this runtime reads. */
const FORMAT = 1;

/**
 * Loads a model: fetches its files, opens the device, compiles the shaders, and puts the weights on the device.
 *
 * `files` are the addresses of the package's files, `options` those of `load` (index.d.ts).
 */
export async function loadModel(files, options) {
  const [gpu, description, forward, prepare, weights] = await Promise.all([
    Gpu.open(options.device),
    fetched(files.model, "json"),
    fetched(files.forward, "text"),
    files.prepare ? fetched(files.prepare, "text") : null,
    weightsOf(files, options),
  ]);
  if (description.format !== FORMAT) {
    throw new FileError(`${files.model} has format ${description.format}; this runtime reads ${FORMAT}: build the package again`);
  }
  const own = modelWeights(weights.bytes, weights.path, description.parameters, description.manifest.weights_hash);
  const [program, once] = await Promise.all([
    Program.create(gpu, "forward", description.forward, forward),
    description.prepare ? Program.create(gpu, "prepare", description.prepare, prepare) : null,
  ]);
  own.forEach((values, k) => program.setParameter(k, values));
  if (once) {
    // What follows from the weights alone is computed once.
    own.forEach((values, k) => once.setParameter(k, values));
    await once.runInto(program, description.prepare.plan.signature.outputs.map((_, k) => own.length + k));
    once.destroy();
  }
  return new Model(gpu, description, program);
}

class Model {
  #gpu;
  #program;
  #arguments;
  #outputs;
  /** Calls run one after the other: they share the memory of the device. */
  #last = Promise.resolve();

  constructor(gpu, description, program) {
    this.#gpu = gpu;
    this.#program = program;
    this.#arguments = new Arguments(description, program.plan.signature);
    this.#outputs = description.outputs;
    this.manifest = description.manifest;
  }

  async forward(inputs) {
    const { door, arrays, orders } = this.#arguments.read(inputs);
    const call = this.#last.then(() => this.#run(door, arrays));
    this.#last = call.catch(() => {});
    const results = await call;
    const { outputs } = this.#program.plan.signature;
    return Object.fromEntries(
      this.#outputs.map((name, k) => [name, asGiven(results[k], outputs[k], orders.get(outputs[k].dim))]),
    );
  }

  async #run(door, arrays) {
    try {
      return await this.#program.run(door, arrays);
    } catch (error) {
      if (error instanceof GdlError) throw error;
      // A lost device fails in many ways.
      if (this.#gpu.gone) throw this.#gpu.gone;
      throw new GdlError(error.message, { cause: error });
    }
  }

  destroy() {
    if (this.#gpu.gone instanceof DeviceLostError) return;
    this.#gpu.close();
    this.#program.destroy();
  }
}

/** Rows on given edges in the order in which they were given; the device has them sorted. */
function asGiven(values, { axes }, order) {
  if (!order) return values;
  const width = axes.reduce((a, b) => a * b, 1);
  const given = new Float32Array(values.length);
  order.forEach((row, k) => given.set(values.subarray(k * width, (k + 1) * width), row * width));
  return given;
}

/** The bytes of the weights, and where they come from. */
async function weightsOf(files, { weights }) {
  const given = weights ?? files.weights;
  if (!given) throw new FileError("the package was built without weights: give them, `load({ weights: … })`");
  if (given instanceof ArrayBuffer) return { bytes: given, path: "the array of weights" };
  return { bytes: await fetched(given, "arrayBuffer"), path: String(given) };
}
