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
  return new Model(gpu, description, program, description.gradient && new Gradient(gpu, files, description, own));
}

/** The program of gradients, fetched and compiled when it is first needed. */
class Gradient {
  #open;
  #program = null;

  constructor(gpu, files, description, weights) {
    const { plan, cotangents } = description.gradient;
    this.arguments = new Arguments(description, plan.signature, cotangents);
    this.outputs = plan.signature.outputs;
    /** The arguments that are reals, and the parameters: names in the program, and what callers call them. */
    this.inputs = new Map(description.arguments.filter(({ kind }) => kind === "real").map((a) => [a.name, a.field]));
    this.parameters = new Set(description.parameters.map(({ name }) => name));
    this.#open = async () => {
      const program = await Program.create(gpu, "gradient", description.gradient, await fetched(files.gradient, "text"));
      weights.forEach((values, k) => program.setParameter(k, values));
      return program;
    };
  }

  /** The program; after a failure the next call tries again. */
  async program() {
    this.#program ??= await this.#open();
    return this.#program;
  }

  /** Results as { inputs, parameters }. Edges that were not given have no gradients. */
  named(results, orders) {
    const found = { inputs: {}, parameters: {} };
    this.outputs.forEach((decl, k) => {
      const name = decl.name.slice("grad.".length);
      const order = orders.get(decl.dim);
      if (this.parameters.has(name)) found.parameters[name] = results[k];
      else if (this.inputs.has(name) && order !== null) found.inputs[this.inputs.get(name)] = asGiven(results[k], decl, order);
    });
    return found;
  }

  destroy() {
    this.#program?.destroy();
  }
}

class Model {
  #gpu;
  #program;
  #gradient;
  #arguments;
  #outputs;
  /** Calls run one after the other: they share the memory of the device. */
  #last = Promise.resolve();

  constructor(gpu, description, program, gradient) {
    this.#gpu = gpu;
    this.#program = program;
    this.#gradient = gradient;
    this.#arguments = new Arguments(description, program.plan.signature);
    this.#outputs = description.outputs;
    this.manifest = description.manifest;
  }

  async forward(inputs) {
    const { door, arrays, orders } = this.#arguments.read(inputs);
    const results = await this.#inTurn(() => this.#program.run(door, arrays));
    const { outputs } = this.#program.plan.signature;
    return Object.fromEntries(
      this.#outputs.map((name, k) => [name, asGiven(results[k], outputs[k], orders.get(outputs[k].dim))]),
    );
  }

  async gradient(inputs, cotangents) {
    if (!this.#gradient) throw new GdlError("the package was built without gradients: `gdl build --emit web --with grad`");
    const { door, arrays, orders } = this.#gradient.arguments.read(inputs, cotangents);
    const results = await this.#inTurn(async () => (await this.#gradient.program()).run(door, arrays));
    return this.#gradient.named(results, orders);
  }

  /** What a call gives, made after those before it. */
  #inTurn(work) {
    const call = this.#last.then(async () => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof GdlError) throw error;
        // A lost device fails in many ways.
        if (this.#gpu.gone) throw this.#gpu.gone;
        throw new GdlError(error.message, { cause: error });
      }
    });
    this.#last = call.catch(() => {});
    return call;
  }

  destroy() {
    if (this.#gpu.gone instanceof DeviceLostError) return;
    this.#gpu.close();
    this.#program.destroy();
    this.#gradient?.destroy();
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
