// A plan and its shaders on a device. As runtime/gpu/src/program.rs of gdl, with parameters that stay on the device.

import { inBanks, namedBuffer } from "./banks.js";
import { commands } from "./commands.js";
import { writesTables } from "./device.js";
import { GdlError } from "./errors.js";
import { Instance } from "./instance.js";
import { banksOf, elements, home, lasting, layout } from "./layout.js";

/** A program: any number of calls, one after the other, on batches of any size that fits the device. */
export class Program {
  /** `description` is { plan, kernels, folds }, `code` has the shaders but for their folds. */
  static async create(gpu, name, description, code) {
    const { plan, kernels, folds } = description;
    const module = gpu.hasSubgroups ? `enable subgroups;\n${code}${folds.subgroups}` : code + folds.halves;
    const program = new Program(gpu, name, plan, kernels, module);
    const multiplies = JSON.stringify(plan.steps).includes('"Gemm"');
    await Promise.all([
      program.pipelines(new Array(plan.buffers.length + 1).fill(0)),
      multiplies && gpu.common("direct 0 0 0", 1),
    ]);
    await program.growReals(0, program.lasting.length);
    return program;
  }

  constructor(gpu, name, plan, kernels, code) {
    Object.assign(this, { gpu, name, plan, kernels, code });
    this.what = `the program ${name} for these arguments`;
    this.lasting = lasting(plan);
    // Buffers of the device, kept from call to call; those of reals by bank.
    Object.assign(this, { reals: [], tables: null, words: null, staging: null });
    /** The last batch, for calls that differ in numbers only. */
    this.batch = null;
    /** The banks of the last batch. */
    this.banks = null;
  }

  /** The pipelines of all kernels where buffers and copies lie in these banks: made when they are first needed, once. */
  pipelines(banks) {
    const key = banks.join();
    const count = 1 + Math.max(...banks);
    const bank = (name) => banks[namedBuffer(name) ?? banks.length - 1];
    const make = () => {
      const code = inBanks(this.code, count, bank);
      return this.gpu.pipelines(`${this.name}.wgsl`, code, this.kernels.map((k) => k.entry), count);
    };
    if (!this.#pipelines.has(key)) this.#pipelines.set(key, make());
    return this.#pipelines.get(key);
  }

  /** The pipeline of a product that reads what a kernel would pack, "product 7 0 1": made when it is first needed, once. */
  product(run, banks) {
    const [, pack, b, c] = run.split(" ");
    const key = `${run} of ${banks}`;
    const count = 1 + Math.max(...banks);
    const bank = (name) => ({ b: Number(b), c: Number(c) })[name] ?? banks[namedBuffer(name)];
    const make = async () => {
      const code = inBanks(this.kernels[pack].product, count, bank);
      const [pipeline] = await this.gpu.pipelines(`${this.name}.wgsl`, code, ["tiled"], count);
      return pipeline;
    };
    if (!this.#pipelines.has(key)) this.#pipelines.set(key, make());
    return this.#pipelines.get(key);
  }

  #pipelines = new Map();

  writeConstants() {
    this.plan.buffers.forEach((buffer, k) => {
      const [kind, numbers] = home(buffer);
      // JSON has no infinities: they are words.
      if (kind === "Const") this.write({ bank: 0, at: this.lasting.at.get(k) }, Float32Array.from(numbers, Number));
    });
  }

  /** Where a parameter lies, in elements; undefined for one that no kernel reads. */
  parameter(number) {
    const k = this.plan.buffers.findIndex((b) => {
      const [kind, j] = home(b);
      return kind === "Param" && j === number;
    });
    return this.lasting.at.get(k);
  }

  setParameter(number, values) {
    const at = this.parameter(number);
    if (at !== undefined) this.write({ bank: 0, at }, values);
  }

  write({ bank, at }, values) {
    if (values.length > 0) this.gpu.device.queue.writeBuffer(this.reals[bank], 4 * at, values);
  }

  /** Everything that follows from the sizes and maps of a batch, on the device. */
  async lay(door) {
    if (this.batch && sameDoor(this.batch.door, door)) return this.batch;
    this.batch = null;
    const instance = new Instance(this.plan.signature.domains, door);
    const room = { elements: this.gpu.room, banks: this.banks, what: this.what };
    const at = layout(this.plan, this.kernels, this.lasting, instance, room);
    const { list, words } = commands(this.plan, this.kernels, at, instance);
    const banks = at.lengths.length;
    this.banks = banksOf(at);
    const pipelines = new Map((await this.pipelines(this.banks)).entries());
    const others = new Set(list.map(({ run }) => run).filter((run) => !pipelines.has(run)));
    const made = (run) => (run.startsWith("product ") ? this.product(run, this.banks) : this.gpu.common(run, banks));
    await Promise.all([...others].map(async (run) => pipelines.set(run, await made(run))));
    // The words of every dispatch begin where bindings may.
    const align = this.gpu.device.limits.minStorageBufferOffsetAlignment / 4;
    const window = Math.ceil(Math.max(...words.map((w) => w.length)) / align) * align;
    const joined = new Int32Array(window * words.length);
    words.forEach((own, k) => joined.set(own, window * k));
    const outputs = this.plan.signature.outputs.map(() => ({ place: null, length: 0 }));
    this.plan.buffers.forEach((b, k) => {
      const [kind, j] = home(b);
      if (kind === "Output") outputs[j] = { place: at.buffers[k], length: elements(b, instance) };
    });
    const total = outputs.reduce((sum, o) => sum + o.length, 0);

    for (const [bank, length] of at.lengths.entries()) await this.growReals(bank, length);
    const read = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    await this.reserve("tables", at.tables.byteLength, read);
    await this.reserve("words", joined.byteLength, read);
    await this.reserve("staging", 4 * total, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    const { device } = this.gpu;
    device.queue.writeBuffer(this.tables, 0, at.tables);
    device.queue.writeBuffer(this.words, 0, joined);
    const [first, ...more] = this.reals.slice(0, banks);
    const group = (writes) =>
      device.createBindGroup({
        label: "gdl",
        layout: this.gpu.bindings(banks, writes),
        entries: [
          { binding: 0, resource: { buffer: first } },
          { binding: 1, resource: { buffer: this.tables } },
          { binding: 2, resource: { buffer: this.words, size: 4 * window } },
          ...more.map((buffer, k) => ({ binding: 3 + k, resource: { buffer } })),
        ],
      });
    this.batch = { door, instance, layout: at, list, pipelines, window, outputs, total, groups: [false, true].map(group) };
    return this.batch;
  }

  /** A bank with room for so many elements, the last one or the next; what lasts, in the first one, moves along. */
  async growReals(bank, elements) {
    const old = this.reals[bank];
    if (old?.size >= 4 * elements) return;
    const { device } = this.gpu;
    const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const larger = await this.gpu.buffer(this.what, 4 * elements, storage);
    this.reals[bank] = larger;
    if (bank === 0 && old) {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(old, 0, larger, 0, Math.min(old.size, 4 * this.lasting.length));
      device.queue.submit([encoder.finish()]);
    }
    if (bank === 0 && !old) this.writeConstants();
    old?.destroy();
  }

  async reserve(slot, bytes, usage) {
    if (this[slot] && this[slot].size >= bytes) return;
    this[slot]?.destroy();
    this[slot] = null;
    this[slot] = await this.gpu.buffer(this.what, bytes, usage);
  }

  /** Everything to do for a batch, recorded. */
  record(batch) {
    const encoder = this.gpu.device.createCommandEncoder({ label: this.name });
    const pass = encoder.beginComputePass({ label: this.name });
    let pipeline = null;
    for (const { run, groups, words } of batch.list) {
      if (run !== pipeline) pass.setPipeline(batch.pipelines.get(run));
      pipeline = run;
      pass.setBindGroup(0, batch.groups[Number(writesTables(run))], [4 * batch.window * words]);
      pass.dispatchWorkgroups(...groups);
    }
    pass.end();
    return encoder;
  }

  /** The outputs for inputs in the order of the signature. */
  async run(door, inputs) {
    const { device } = this.gpu;
    if (this.gpu.gone) throw this.gpu.gone;
    const batch = await this.lay(door);
    this.plan.buffers.forEach((b, k) => {
      const [kind, j] = home(b);
      if (kind === "Input") this.write(batch.layout.buffers[k], inputs[j]);
    });
    for (const { at, input } of batch.layout.labels) {
      if (inputs[input].length > 0) device.queue.writeBuffer(this.tables, 4 * at, inputs[input]);
    }
    if (batch.total === 0) return batch.outputs.map(() => new Float32Array(0));
    device.pushErrorScope("validation");
    const encoder = this.record(batch);
    let to = 0;
    for (const { place, length } of batch.outputs) {
      if (length > 0) encoder.copyBufferToBuffer(this.reals[place.bank], 4 * place.at, this.staging, 4 * to, 4 * length);
      to += length;
    }
    device.queue.submit([encoder.finish()]);
    const mapped = this.staging.mapAsync(GPUMapMode.READ, 0, 4 * batch.total);
    // Whichever fails first is told; the other one's failure is the same.
    mapped.catch(() => {});
    const refused = await this.gpu.wait(device.popErrorScope());
    if (refused) throw new GdlError(`the device refuses the program ${this.name}: ${refused.message}`);
    await this.gpu.wait(mapped);
    const all = new Float32Array(this.staging.getMappedRange(0, 4 * batch.total));
    let from = 0;
    const results = batch.outputs.map(({ length }) => all.slice(from, (from += length)));
    this.staging.unmap();
    return results;
  }

  /** Runs a program without inputs and puts its outputs where another has parameters: `targets[k]` is the parameter for output k. */
  async runInto(other, targets) {
    const { device } = this.gpu;
    const none = { samples: 1, ragged: new Map(), grids: new Map(), maps: new Map() };
    const batch = await this.lay(none);
    device.pushErrorScope("validation");
    const encoder = this.record(batch);
    batch.outputs.forEach(({ place, length }, k) => {
      const to = other.parameter(targets[k]);
      if (to === undefined || length === 0) return;
      encoder.copyBufferToBuffer(this.reals[place.bank], 4 * place.at, other.reals[0], 4 * to, 4 * length);
    });
    device.queue.submit([encoder.finish()]);
    const refused = await this.gpu.wait(device.popErrorScope());
    if (refused) throw new GdlError(`the device refuses the program ${this.name}: ${refused.message}`);
  }

  /** Gives its memory back. */
  destroy() {
    for (const buffer of [...this.reals, this.tables, this.words, this.staging]) buffer?.destroy();
  }
}

/** Whether two batches have the same sizes and maps. */
function sameDoor(a, b) {
  const same = (x, y) => x.length === y.length && x.every((v, k) => v === y[k]);
  const all = (x, y) => x.size === y.size && [...x].every(([name, list]) => y.has(name) && same(list, y.get(name)));
  return a.samples === b.samples && all(a.grids, b.grids) && all(a.ragged, b.ragged) && all(a.maps, b.maps);
}
