// Vectors of three numbers.

export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

export const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

export const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];

export const sub = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

export const scale = (a, s) => [a[0] * s, a[1] * s, a[2] * s];

export const norm = (a) => Math.sqrt(dot(a, a));

/** The direction of a vector, null where it has none. */
export function unit(a) {
  const n = norm(a);
  return n > 0 && Number.isFinite(n) ? scale(a, 1 / n) : null;
}

/** A unit vector at a right angle to a unit vector. */
export function orthogonal(a) {
  const size = a.map(Math.abs);
  const axis = [0, 0, 0];
  axis[size.indexOf(Math.min(...size))] = 1;
  return unit(cross(a, axis));
}
