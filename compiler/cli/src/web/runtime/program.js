// A plan and its shaders on a device. As runtime/gpu/src/program.rs of gdl, with parameters that stay on the device.

import { commands } from "./commands.js";
import { writesTables } from "./device.js";
import { GdlError } from "./errors.js";
import { Instance } from "./instance.js";
import { elements, home, lasting, layout } from "./layout.js";

/** A program: any number of calls, one after the other, on batches of any size that fits the device. */
export class Program {
  /** `description` is { plan, kernels }, `code` has the shaders. */
  static async create(gpu, name, description, code) {
    const { plan, kernels } = description;
    const program = new Program(gpu, name, plan, kernels);
    const multiplies = JSON.stringify(plan.steps).includes('"Gemm"');
    const [pipelines] = await Promise.all([
      gpu.pipelines(`${name}.wgsl`, code, kernels.map((k) => k.entry)),
      multiplies && gpu.common("direct"),
    ]);
    pipelines.forEach((pipeline, k) => program.pipelines.set(k, pipeline));
    const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    program.reals = await gpu.buffer(program.what, 4 * program.lasting.length, storage);
    program.writeConstants();
    return program;
  }

  constructor(gpu, name, plan, kernels) {
    Object.assign(this, { gpu, name, plan, kernels });
    this.what = `the program ${name} for these arguments`;
    /** By a kernel's number, or the name of a common shader that a batch has needed. */
    this.pipelines = new Map();
    this.lasting = lasting(plan);
    // Buffers of the device, kept from call to call.
    Object.assign(this, { reals: null, tables: null, words: null, staging: null });
    /** The last batch, for calls that differ in numbers only. */
    this.batch = null;
  }

  writeConstants() {
    this.plan.buffers.forEach((buffer, k) => {
      const [kind, numbers] = home(buffer);
      // JSON has no infinities: they are words.
      if (kind === "Const") this.write(this.lasting.at.get(k), Float32Array.from(numbers, Number));
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
    if (at !== undefined) this.write(at, values);
  }

  write(at, values) {
    if (values.length > 0) this.gpu.device.queue.writeBuffer(this.reals, 4 * at, values);
  }

  /** Everything that follows from the sizes and maps of a batch, on the device. */
  async lay(door) {
    if (this.batch && sameDoor(this.batch.door, door)) return this.batch;
    this.batch = null;
    const instance = new Instance(this.plan.signature.domains, door);
    const at = layout(this.plan, this.kernels, this.lasting, instance);
    const { list, words } = commands(this.plan, this.kernels, at, instance);
    const common = new Set(list.map(({ run }) => run).filter((run) => !this.pipelines.has(run)));
    await Promise.all([...common].map(async (run) => this.pipelines.set(run, await this.gpu.common(run))));
    // The words of every dispatch begin where bindings may.
    const align = this.gpu.device.limits.minStorageBufferOffsetAlignment / 4;
    const window = Math.ceil(Math.max(...words.map((w) => w.length)) / align) * align;
    const joined = new Int32Array(window * words.length);
    words.forEach((own, k) => joined.set(own, window * k));
    const outputs = this.plan.signature.outputs.map(() => ({ at: 0, length: 0 }));
    this.plan.buffers.forEach((b, k) => {
      const [kind, j] = home(b);
      if (kind === "Output") outputs[j] = { at: at.buffers[k], length: elements(b, instance) };
    });
    const total = outputs.reduce((sum, o) => sum + o.length, 0);

    await this.growReals(4 * at.length);
    const read = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    await this.reserve("tables", at.tables.byteLength, read);
    await this.reserve("words", joined.byteLength, read);
    await this.reserve("staging", 4 * total, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    const { device, bindings } = this.gpu;
    device.queue.writeBuffer(this.tables, 0, at.tables);
    device.queue.writeBuffer(this.words, 0, joined);
    const group = (layout) =>
      device.createBindGroup({
        label: "gdl",
        layout,
        entries: [
          { binding: 0, resource: { buffer: this.reals } },
          { binding: 1, resource: { buffer: this.tables } },
          { binding: 2, resource: { buffer: this.words, size: 4 * window } },
        ],
      });
    this.batch = { door, instance, layout: at, list, window, outputs, total, groups: bindings.map(group) };
    return this.batch;
  }

  /** The memory of reals with room for so many bytes; parameters move along. */
  async growReals(bytes) {
    if (this.reals.size >= bytes) return;
    const { device } = this.gpu;
    const larger = await this.gpu.buffer(this.what, bytes, this.reals.usage);
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.reals, 0, larger, 0, Math.min(this.reals.size, 4 * this.lasting.length));
    device.queue.submit([encoder.finish()]);
    this.reals.destroy();
    this.reals = larger;
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
      if (run !== pipeline) pass.setPipeline(this.pipelines.get(run));
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
    for (const { at, length } of batch.outputs) {
      if (length > 0) encoder.copyBufferToBuffer(this.reals, 4 * at, this.staging, 4 * to, 4 * length);
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
    batch.outputs.forEach(({ at, length }, k) => {
      const to = other.parameter(targets[k]);
      if (to !== undefined && length > 0) encoder.copyBufferToBuffer(this.reals, 4 * at, other.reals, 4 * to, 4 * length);
    });
    device.queue.submit([encoder.finish()]);
    const refused = await this.gpu.wait(device.popErrorScope());
    if (refused) throw new GdlError(`the device refuses the program ${this.name}: ${refused.message}`);
  }

  /** Gives its memory back. */
  destroy() {
    for (const buffer of [this.reals, this.tables, this.words, this.staging]) buffer?.destroy();
  }
}

/** Whether two batches have the same sizes and maps. */
function sameDoor(a, b) {
  const same = (x, y) => x.length === y.length && x.every((v, k) => v === y[k]);
  const all = (x, y) => x.size === y.size && [...x].every(([name, list]) => y.has(name) && same(list, y.get(name)));
  return a.samples === b.samples && all(a.grids, b.grids) && all(a.ragged, b.ragged) && all(a.maps, b.maps);
}
