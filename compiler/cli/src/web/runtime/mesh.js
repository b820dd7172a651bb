// Frames of triangle meshes, and edges as they are seen in them. As runtime/core/src/domain/mesh.rs of gdl, which says what the angles are.

import { add, cross, dot, scale, sub, unit } from "./vector.js";

/** { src, dst, angle, transport, frames } for vertices and triangles; edges are sorted by destination, then source. */
export function meshOf(vertices, faces) {
  faces.forEach((face, k) => {
    const out = face.find((v) => !(v >= 0 && v < vertices.length));
    if (out !== undefined) throw new RangeError(`triangle ${k} has vertex ${out} of ${vertices.length}`);
  });
  const around = vertices.map(() => new Set());
  const normals = vertices.map(() => [0, 0, 0]);
  for (const face of faces) {
    const [a, b, c] = face.map((v) => vertices[v]);
    const normal = cross(sub(b, a), sub(c, a));
    face.forEach((v, k) => {
      normals[v] = add(normals[v], normal);
      around[v].add(face[(k + 1) % 3]).add(face[(k + 2) % 3]);
    });
  }
  const neighbours = around.map((set) => [...set].sort((a, b) => a - b));
  const frames = vertices.map((at, p) => {
    const normal = unit(normals[p]);
    const [first] = neighbours[p];
    const towards = normal && first !== undefined ? sub(vertices[first], at) : null;
    const tangent = towards && unit(sub(towards, scale(normal, dot(normal, towards))));
    if (!tangent) throw new RangeError(`vertex ${p} has no tangent plane`);
    return [tangent, cross(normal, tangent), normal];
  });
  const found = { src: [], dst: [], angle: [], transport: [], frames };
  neighbours.forEach((list, dst) => {
    for (const src of list) {
      found.src.push(src);
      found.dst.push(dst);
      found.angle.push(angle(frames[dst], sub(vertices[src], vertices[dst])));
      found.transport.push(angle(frames[dst], turn(frames[src][2], frames[dst][2], frames[src][0])));
    }
  });
  return found;
}

/** The angle of a projected vector in a frame. */
const angle = (frame, v) => Math.atan2(dot(frame[1], v), dot(frame[0], v));

/** `v` after the smallest rotation that takes the unit vector `a` to `b`. */
function turn(a, b, v) {
  const [s, c] = [cross(a, b), dot(a, b)];
  if (c <= -1 + 1e-12) return v;
  return add(add(scale(v, c), cross(s, v)), scale(s, dot(s, v) / (1 + c)));
}
