// The page: a drawing, what the model says of it, and what becomes of both under the symmetries of the square.

import { load } from "./model/index.js";
import { CELLS, ELEMENTS, SIDE, empty, fromCounts, moved, product, seen, stroke } from "./drawing.js";
import { SAMPLES } from "./samples.js";

const ORDER = ELEMENTS.length;
const PEN = 2.5;
/** Filters that are shown. */
const SHOWN = 3;
/** How symmetries move what is on the screen: r turns counter-clockwise. */
const BACK = { 1: "rotate(90deg)", 3: "rotate(-90deg)", 4: "scaleX(-1)" };
const NAMES = { 1: "left turn", 3: "right turn", 4: "mirror image" };

const byId = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");

let model = null;
let drawing = fromCounts(SAMPLES[4]);
/** What the model gave for the drawing. */
let outputs = null;
/** For every channel the one in which its map was when the drawing was new. */
let origins = [...ELEMENTS.keys()];
/** The pen, for the keyboard. */
const pen = { x: SIDE / 2, y: SIDE / 2, isDown: false };

// --- Painting ---

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function paintDrawing() {
  const canvas = byId("drawing");
  const context = canvas.getContext("2d");
  const size = canvas.width / SIDE;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = colour("--ink");
  drawing.forEach((black, k) => {
    if (black) context.fillRect((k % SIDE) * size, Math.floor(k / SIDE) * size, size, size);
  });
  if (document.activeElement === canvas && canvas.matches(":focus-visible")) {
    context.strokeStyle = colour("--accent");
    context.lineWidth = pen.isDown ? 4 : 2;
    context.strokeRect((pen.x - 1.5) * size, (pen.y - 1.5) * size, 3 * size, 3 * size);
  }
  paintCells(byId("seen"), seen(drawing), 1, colour("--ink"));
}

/** Shades of a colour for 8 x 8 numbers from 0 to `most`. */
function paintCells(canvas, cells, most, shade) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, CELLS, CELLS);
  context.fillStyle = shade;
  cells.forEach((value, k) => {
    context.globalAlpha = Math.min(Math.max(value / most, 0), 1);
    context.fillRect(k % CELLS, Math.floor(k / CELLS), 1, 1);
  });
  context.globalAlpha = 1;
}

/** The map of a channel: filter `f`, symmetry `h`. */
function mapOf(field, f, h) {
  const width = field.length / (CELLS * CELLS);
  return Float32Array.from({ length: CELLS * CELLS }, (_, p) => field[p * width + f * ORDER + h]);
}

const filtersOf = (field) => field.length / (CELLS * CELLS * ORDER);

/** The filters that see most. No symmetry changes which these are. */
function liveliest(field) {
  const filters = filtersOf(field);
  const sums = new Float64Array(filters);
  field.forEach((v, k) => (sums[Math.floor(k / ORDER) % filters] += v));
  return [...sums.keys()].sort((a, b) => sums[b] - sums[a]).slice(0, SHOWN);
}

function paintFields() {
  const fields = byId("fields");
  const field = outputs[byId("layer").value];
  const heads = document.createElement("div");
  heads.className = "field heads";
  heads.append(element("span", "name", ""), ...ELEMENTS.map((e) => element("span", "", e)));
  const rows = liveliest(field).map((f) => {
    const row = document.createElement("div");
    row.className = "field";
    const maps = ELEMENTS.map((_, h) => mapOf(field, f, h));
    const most = Math.max(1e-6, ...maps.flatMap((m) => [...m]));
    row.append(element("span", "name", `filter ${f + 1}`));
    maps.forEach((map, h) => {
      const mark = colour(`--e${origins[h]}`);
      const tile = element("div", "tile", "");
      tile.style.setProperty("--mark", mark);
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = CELLS;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `Filter ${f + 1}, channel ${ELEMENTS[h]}, at first in channel ${ELEMENTS[origins[h]]}`);
      paintCells(canvas, map, most, mark);
      tile.append(canvas);
      row.append(tile);
    });
    return row;
  });
  fields.replaceChildren(heads, ...rows);
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function paintLogits() {
  const logits = [...outputs.logits];
  const most = Math.max(...logits);
  const weights = logits.map((x) => Math.exp(x - most));
  const total = weights.reduce((a, b) => a + b, 0);
  const best = logits.indexOf(most);
  const rows = logits.map((logit, digit) => {
    const row = document.createElement("tr");
    row.className = digit === best ? "best" : "";
    const share = weights[digit] / total;
    const bar = element("span", "bar", "");
    bar.style.width = `${100 * share}%`;
    bar.title = `${(100 * share).toFixed(1)} %`;
    const cell = document.createElement("td");
    cell.append(bar);
    const number = element("data", "", logit.toFixed(2).replace("-", "−"));
    number.value = String(logit);
    const last = document.createElement("td");
    last.append(number);
    row.append(element("td", "", String(digit)), cell, last);
    return row;
  });
  byId("logits").tBodies[0].replaceChildren(...rows);
  const said = drawing.some((black) => black)
    ? `This is a ${best}, says the model, with ${((100 * weights[best]) / total).toFixed(1)} %.`
    : "Nothing is drawn yet.";
  if (byId("answer").textContent !== said) byId("answer").textContent = said;
}

// --- Moving ---

const largest = (a, b) => a.reduce((most, x, k) => Math.max(most, Math.abs(x - b[k])), 0);

/** How far the fields are from the old ones, moved and permuted by an element. */
function mismatch(before, after, g) {
  let most = 0;
  for (const layer of ["first", "second"]) {
    for (let f = 0; f < filtersOf(before[layer]); f++) {
      for (let h = 0; h < ORDER; h++) {
        const expected = moved(mapOf(before[layer], f, h), CELLS, g);
        most = Math.max(most, largest(expected, mapOf(after[layer], f, product(g, h))));
      }
    }
  }
  return most;
}

const small = (x) => (x === 0 ? "not at all" : `by ${x.toExponential(1)}`);

function measured(before, g) {
  const apart = largest(before.logits, outputs.logits);
  const maps = mismatch(before, outputs, g);
  tell("change", `After this ${NAMES[g]} the logits differ `, small(apart), " at most.", apart);
  tell("permuted", "All maps are the old ones, moved and in their new places; they differ ", small(maps), " at most.", maps);
}

function tell(id, before, figure, after, value) {
  const data = document.createElement("data");
  data.value = String(value);
  data.append(element("strong", "", figure));
  byId(id).replaceChildren(before, data, after);
}

/** Lets everything start where it was and move to where it is. */
function animate(g) {
  if (still.matches) return;
  const timing = { duration: 650, easing: "ease-in-out" };
  byId("drawing").animate([{ transform: BACK[g] }, { transform: "none" }], timing);
  byId("seen").animate([{ transform: BACK[g] }, { transform: "none" }], timing);
  for (const row of document.querySelectorAll("#fields .field:not(.heads)")) {
    const tiles = [...row.querySelectorAll(".tile")];
    const places = tiles.map((tile) => tile.getBoundingClientRect());
    tiles.forEach((_, h) => {
      const to = product(g, h);
      const [dx, dy] = [places[h].left - places[to].left, places[h].top - places[to].top];
      tiles[to].animate([{ transform: `translate(${dx}px, ${dy}px) ${BACK[g]}` }, { transform: "none" }], timing);
    });
  }
}

// --- Running: one thing after the other, strokes joined ---

let queue = Promise.resolve();
let isWaiting = false;

function enqueue(work) {
  queue = queue.then(work).catch(fail);
  return queue;
}

async function compute() {
  const start = performance.now();
  outputs = await model.forward({ img: [CELLS, CELLS], x: seen(drawing) });
  byId("speed").dataset.call = (performance.now() - start).toFixed(1);
  showSpeed();
  paintLogits();
  paintFields();
}

/** The drawing is another one. */
function redrawn() {
  paintDrawing();
  origins = [...ELEMENTS.keys()];
  byId("change").replaceChildren();
  byId("permuted").replaceChildren();
  if (!model || isWaiting) return;
  isWaiting = true;
  enqueue(() => {
    isWaiting = false;
    return compute();
  });
}

function move(g) {
  enqueue(async () => {
    const before = outputs;
    drawing = moved(drawing, SIDE, g);
    const old = origins;
    origins = origins.map(() => 0);
    old.forEach((origin, h) => (origins[product(g, h)] = origin));
    paintDrawing();
    if (!model) return;
    await compute();
    measured(before, g);
    animate(g);
  });
}

function showSpeed() {
  const { load: loading, call } = byId("speed").dataset;
  byId("speed").textContent = `It was ready after ${loading} ms; the last picture took ${call} ms.`;
}

function fail(error) {
  const problem = byId("problem");
  problem.textContent = `The model cannot run here: ${error.message}.`;
  problem.hidden = false;
  byId("answer").textContent = "There is no answer.";
  model = null;
  console.error(error);
}

// --- What people do ---

function listen() {
  const canvas = byId("drawing");
  let last = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * SIDE, y: ((event.clientY - box.top) / box.height) * SIDE };
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    stroke(drawing, last, last, PEN);
    redrawn();
  });
  const reach = (event) => {
    if (!last) return;
    const now = place(event);
    stroke(drawing, last, now, PEN);
    last = now;
    redrawn();
  };
  canvas.addEventListener("pointermove", reach);
  canvas.addEventListener("pointerup", (event) => {
    reach(event);
    last = null;
  });
  canvas.addEventListener("pointercancel", () => (last = null));

  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    const from = { ...pen };
    if (step) {
      pen.x = Math.min(Math.max(pen.x + step[0], 1), SIDE - 1);
      pen.y = Math.min(Math.max(pen.y + step[1], 1), SIDE - 1);
    } else {
      pen.isDown = !pen.isDown;
    }
    if (!pen.isDown) return paintDrawing();
    stroke(drawing, from, pen, PEN);
    redrawn();
  });
  for (const change of ["focus", "blur"]) canvas.addEventListener(change, paintDrawing);

  for (const button of document.querySelectorAll("[data-element]")) {
    button.addEventListener("click", () => move(Number(button.dataset.element)));
  }
  byId("clear").addEventListener("click", () => {
    drawing = empty();
    redrawn();
  });
  SAMPLES.forEach((counts, digit) => {
    const button = element("button", "", String(digit));
    button.type = "button";
    button.setAttribute("aria-label", `Handwritten ${digit}`);
    button.addEventListener("click", () => {
      drawing = fromCounts(counts);
      redrawn();
    });
    document.querySelector(".samples").append(button);
  });
  byId("layer").addEventListener("change", () => outputs && paintFields());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    paintDrawing();
    if (outputs) paintFields();
  });
}

listen();
paintDrawing();
enqueue(async () => {
  model = await load();
  byId("speed").dataset.load = performance.now().toFixed(0);
  await compute();
  document.documentElement.dataset.state = "ready";
});
