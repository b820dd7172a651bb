// What all models have in common.

/** Real numbers. */
export type Reals = Float32Array | Float64Array;

/** Integers: labels, indices, offsets. */
export type Integers =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** How a model is loaded. */
export interface LoadOptions {
  /** Weights other than those of the package: the address of a .safetensors file, or its bytes. */
  weights?: string | URL | ArrayBuffer;
  /** A device that is open already, and stays the caller's (a `GPUDevice`). */
  device?: object;
}

/** A model ready to be called. */
export interface Model<Inputs, Outputs> {
  /** The outputs for some inputs. Calls may be made at any time; they run one after the other. Rejected with a `GdlError`. */
  forward(inputs: Inputs): Promise<Outputs>;
  /** What the model is: inputs, outputs, representations, certificate, hashes, licences. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Gives the memory of the device back. Calls after it are rejected. */
  destroy(): void;
}

/** Gradients. */
export interface Gradients<InputGradients> {
  /** For real inputs, by name; those on edges only where edges were given. */
  inputs: InputGradients;
  /** For parameters, by their names in the model; lengths and order are those of the weights. */
  parameters: Record<string, Float32Array>;
}

/** A model with gradients (`gdl build --with grad`). */
export interface Differentiable<Inputs, Outputs, Cotangents, InputGradients> extends Model<Inputs, Outputs> {
  /**
   * The gradients of the sum of cotangents times outputs, edges of clouds held fixed. Cotangents have the lengths of outputs; those left out are 0.
   * The shaders are fetched and compiled by the first call. Rejected with a `GdlError`.
   */
  gradient(inputs: Inputs, cotangents: Cotangents): Promise<Gradients<InputGradients>>;
}

/** Edges between points: pairs of source and destination, sorted by destination. */
export interface Edges {
  /** [edges, 2]. */
  edges: Int32Array;
  /** [edges, d]: the periodic shift of every source, `pos[source] + shift - pos[destination]` being the edge's vector. */
  shift: Float64Array;
}

/** Periods of points with d coordinates. */
export interface Lattice {
  /** The number of coordinates d, 3 by default. */
  dimension?: 1 | 2 | 3;
  /** [d, d]: lattice vectors as rows. */
  cell?: Reals;
  /** [d]: which lattice vectors are periods; by default all. */
  pbc?: Integers;
}

/** All ordered pairs of points [n, d] closer than a cutoff, periodic images included. */
export function neighbours(pos: Reals, options: Lattice & { cutoff: number }): Edges;

/** Edges from the `k` nearest points to each point [n, d], periodic images included. */
export function nearest(pos: Reals, options: Lattice & { k: number }): Edges;

/** Edges of a triangle mesh. */
export interface MeshEdges {
  /** [edges, 2], sorted by destination. */
  edges: Int32Array;
  /** [edges]: the direction of the source in the destination's frame, in radians. */
  angle: Float64Array;
  /** [edges]: the angle that turns the source's frame into the destination's, in radians. */
  transport: Float64Array;
  /** [vertices, 3, 3]: first tangent, second tangent, normal. */
  frames: Float64Array;
}

/** The edges and frames of a mesh of vertices [n, 3] and triangles [faces, 3]. */
export function mesh(pos: Reals, faces: Integers): MeshEdges;

/** An error of a model. All others are kinds of it. */
export class GdlError extends Error {}

/** An argument is missing, unknown, of another type or length, or holds a number that the model cannot take. */
export class ArgumentError extends GdlError {
  /** Its name. */
  readonly argument: string;
}

/** There is no WebGPU here, or no device that it could use. */
export class WebGpuError extends GdlError {}

/** The model or the batch needs more than a limit of the device allows. */
export class LimitError extends GdlError {
  /** The limit, as WebGPU calls it. */
  readonly limit: string;
  /** What is needed. */
  readonly needed: number;
  /** What the device has. */
  readonly available: number;
}

/** The device was lost or given up; the model must be loaded again. */
export class DeviceLostError extends GdlError {}

/** A file of the package, or one with weights, cannot be fetched or is not what it should be. */
export class FileError extends GdlError {}
