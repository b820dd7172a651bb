// What can go wrong, as classes: `error instanceof LimitError`.

/** An error of a model. All others are kinds of it. */
export class GdlError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An argument of a call is missing, unknown, of another type or length, or holds a number that the model cannot take. */
export class ArgumentError extends GdlError {
  /** @param {string} argument the name of the argument */
  constructor(argument, message) {
    super(`\`${argument}\` ${message}`);
    this.argument = argument;
  }
}

/** There is no WebGPU here, or no device that it could use. */
export class WebGpuError extends GdlError {}

/** The model or the batch needs more than a limit of the device allows. */
export class LimitError extends GdlError {
  constructor(limit, needed, available, what) {
    super(
      `${what} needs ${needed.toLocaleString("en")} where the device's ${limit} is ${available.toLocaleString("en")}: ` +
        "use fewer samples a call, smaller ones, or another device",
    );
    this.limit = limit;
    this.needed = needed;
    this.available = available;
  }
}

/** The device was lost or given up; the model must be loaded again. */
export class DeviceLostError extends GdlError {}

/** A file of the package, or one with weights, cannot be fetched or is not what it should be. */
export class FileError extends GdlError {}
