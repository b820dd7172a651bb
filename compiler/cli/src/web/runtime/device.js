// The device: found, opened, watched.

import { inBanks } from "./banks.js";
import { DeviceLostError, GdlError, LimitError, WebGpuError } from "./errors.js";
import { fetched } from "./files.js";

const GEMM = new URL("./gemm.wgsl", import.meta.url);
const JOIN = new URL("./join.wgsl", import.meta.url);
const CHOOSE = new URL("./choose.wgsl", import.meta.url);

/** The shaders that all models share, by their entry points. */
const COMMON = { tiled: GEMM, direct: GEMM, join: JOIN, rank: CHOOSE, count: CHOOSE, offsets: CHOOSE, list: CHOOSE };
/** The names of their operands. */
const OPERANDS = new Map([[GEMM, ["a", "b", "c"]], [JOIN, ["copies", "total"]], [CHOOSE, ["key"]]]);

/** What lets invocations of a workgroup fold what they have without its memory. */
const SUBGROUPS = "subgroups";

/** Whether a shader, one of a model or one that all share, writes tables. */
export const writesTables = (run) => COMMON[String(run).split(" ")[0]] === CHOOSE;

/** An open device with the limits that the model needs. */
export class Gpu {
  /** Opens the device of this browser, or takes that of the caller. */
  static async open(given) {
    return given ? new Gpu(given, false) : new Gpu(await open(), true);
  }

  constructor(device, owned) {
    this.device = device;
    this.owned = owned;
    /** Why the device is gone, once it is. */
    this.gone = null;
    /** Never fulfilled; rejected when the device is lost. */
    this.lost = device.lost.then(({ reason, message }) => {
      const given = reason === "destroyed" ? "the device was given up" : `the device was lost: ${message || "no reason is known"}`;
      this.gone ??= new DeviceLostError(`${given}. Load the model again`);
      throw this.gone;
    });
    // Whoever waits hears of it; that nobody waits is no error.
    this.lost.catch(() => {});
    /** Whether shaders may use subgroups, and know which is which. */
    this.hasSubgroups = device.features.has(SUBGROUPS) && navigator.gpu.wgslLanguageFeatures.has("subgroup_id");
    const buffer = (binding, type, hasDynamicOffset) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type, hasDynamicOffset },
    });
    const bindings = (banks, tables) =>
      device.createBindGroupLayout({
        label: "gdl",
        entries: [
          buffer(0, "storage", false),
          buffer(1, tables, false),
          buffer(2, "read-only-storage", true),
          ...Array.from({ length: banks - 1 }, (_, k) => buffer(3 + k, "storage", false)),
        ],
      });
    const known = new Map();
    /** The bindings of shaders: so many banks of reals, tables that are read or written, and words. */
    this.bindings = (banks, writes) => {
      const key = `${banks} ${writes}`;
      if (!known.has(key)) known.set(key, bindings(banks, writes ? "storage" : "read-only-storage"));
      return known.get(key);
    };
  }

  /** The elements that fit into one binding. */
  get room() {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.device.limits;
    return Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4);
  }

  /** Waits for something that the device does, but not for a device that is gone. */
  wait(promise) {
    return Promise.race([this.lost, promise]);
  }

  /** Pipelines for some entry points of a module, where reals lie in so many banks. */
  async pipelines(label, code, entries, banks) {
    const { device } = this;
    const bindings = this.bindings(banks, entries.some(writesTables));
    const pipelineLayout = device.createPipelineLayout({ label, bindGroupLayouts: [bindings] });
    const module = device.createShaderModule({ label, code });
    const one = (entryPoint) =>
      device.createComputePipelineAsync({
        label: entryPoint,
        layout: pipelineLayout,
        compute: { module, entryPoint },
      });
    try {
      return await this.wait(Promise.all(entries.map(one)));
    } catch (error) {
      if (error instanceof DeviceLostError) throw error;
      throw new GdlError(`the device does not accept the shaders ${label}: ${error.message}`, { cause: error });
    }
  }

  /** The pipeline of a shader that all models share, "join 0 1", where reals lie in so many banks: made when it is first needed, once. */
  common(run, banks) {
    const key = `${run} of ${banks}`;
    if (!this.#common.has(key)) this.#common.set(key, this.#made(run, banks));
    return this.#common.get(key);
  }

  async #made(run, banks) {
    const [entry, ...operands] = run.split(" ");
    const names = OPERANDS.get(COMMON[entry]);
    const bank = (name) => Number(operands[names.indexOf(name)] ?? 0);
    const code = inBanks(await fetched(COMMON[entry], "text"), banks, bank);
    const [pipeline] = await this.pipelines(entry, code, [entry], banks);
    return pipeline;
  }

  #common = new Map();

  /** A buffer of at least so many bytes; `what` is what needs it. */
  async buffer(what, bytes, usage) {
    const { device } = this;
    const size = Math.max(256, Math.ceil(bytes / 256) * 256);
    for (const limit of ["maxStorageBufferBindingSize", "maxBufferSize"]) {
      const isBound = limit === "maxBufferSize" || (usage & GPUBufferUsage.STORAGE) !== 0;
      if (isBound && size > device.limits[limit]) throw new LimitError(limit, bytes, device.limits[limit], what);
    }
    device.pushErrorScope("out-of-memory");
    const buffer = device.createBuffer({ label: "gdl", size, usage });
    const error = await this.wait(device.popErrorScope());
    if (error) throw new GdlError(`${what}: the device has no memory left for ${size.toLocaleString("en")} bytes`);
    return buffer;
  }

  /** Gives the device up if it is ours. */
  close() {
    this.gone ??= new DeviceLostError("the model was given up. Load it again");
    if (this.owned) this.device.destroy();
  }
}

async function open() {
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) {
    throw new WebGpuError(
      globalThis.isSecureContext === false
        ? "there is no WebGPU on this page: it is for pages from https or localhost"
        : "this browser has no WebGPU: use a recent Chrome, Edge, Safari or Firefox (caniuse.com/webgpu)",
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new WebGpuError("this browser has WebGPU but no graphics device for it: is hardware acceleration switched off?");
  }
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const requiredFeatures = adapter.features.has(SUBGROUPS) ? [SUBGROUPS] : [];
  try {
    // What the defaults forbid and large batches need: long arrays.
    return await adapter.requestDevice({
      label: "gdl",
      requiredFeatures,
      requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
    });
  } catch (error) {
    throw new WebGpuError(`the graphics device cannot be opened: ${error.message}`, { cause: error });
  }
}
