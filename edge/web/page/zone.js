// The customer zone: drawn over the picture, edited with mouse, finger or keys, and saved into the config file.

import { Moment } from "./agent.js";
import { reason } from "./lost.js";
import { translate } from "./words.js";

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const MAX_CORNERS = 64;
/** How far an arrow key moves a corner, as a share of the picture. */
const STEP = 0.01;
/** A shorter drag, as a share of the picture, is taken for a slip and draws nothing. */
const MIN_DRAG = 0.03;

let lane = null;
let moment = null;
let corners = [];
let editing = false;
let selected = null;
let drag = null;

export function show(newLane) {
  lane = newLane;
  edit(false);
  byId("zone-result").hidden = byId("zone-line").hidden = true;
}

export function draw() {
  const overlay = byId("overlay");
  for (const old of overlay.querySelectorAll(".zone")) old.remove();
  const layer = shape("g", { class: "zone" });
  layer.append(shape("polygon", { points: corners.map((corner) => at(corner).join()).join(" ") }));
  if (editing) {
    corners.forEach((corner, number) => {
      layer.append(...handle(middle(number), "middle", number), ...handle(corner, "corner", number));
    });
  }
  overlay.append(layer);
}

function handle(place, name, number) {
  const [cx, cy] = at(place);
  const spot = shape("circle", { cx, cy, r: name === "corner" ? 10 : 6, class: name });
  spot.classList.toggle("selected", name === "corner" && number === selected);
  // An invisible larger circle is easier to hit with a finger.
  const touchArea = shape("circle", { cx, cy, r: name === "corner" ? 24 : 16, class: "touch-area" });
  Object.assign(touchArea.dataset, { handle: name, number });
  return [spot, touchArea];
}

function edit(on) {
  moment?.end();
  moment = new Moment(lane);
  [editing, selected, drag] = [on, null, null];
  corners = lane.zone.map((corner) => [...corner]);
  byId("stage").classList.toggle("editing", on);
  byId("zone-edit").hidden = on;
  if (on) byId("zone-result").hidden = byId("zone-line").hidden = true;
  for (const id of ["zone-save", "zone-remove", "zone-cancel", "zone-hint"]) byId(id).hidden = !on;
  refresh();
}

function refresh() {
  byId("zone-remove").disabled = selected === null || corners.length <= 3;
  draw();
}

function press(event) {
  if (!editing || drag) return;
  event.preventDefault();
  byId("overlay").setPointerCapture(event.pointerId);
  const { handle: name, number } = event.target.dataset;
  if (name === "corner") {
    selected = Number(number);
  } else if (name === "middle" && corners.length < MAX_CORNERS) {
    selected = Number(number) + 1;
    corners.splice(selected, 0, middle(Number(number)));
  } else {
    selected = null;
  }
  drag = { from: positionOf(event) };
  refresh();
}

function move(event) {
  if (!drag) return;
  const [x, y] = positionOf(event);
  const [fromX, fromY] = drag.from;
  if (selected !== null) {
    corners[selected] = [x, y];
  } else if (Math.max(Math.abs(x - fromX), Math.abs(y - fromY)) > MIN_DRAG) {
    corners = [[fromX, fromY], [x, fromY], [x, y], [fromX, y]];
  }
  draw();
}

function release() {
  drag = null;
}

function pressKey(event) {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!editing || selected === null) return;
  if (event.key === "Delete") remove();
  if (step) {
    event.preventDefault();
    corners[selected] = corners[selected].map((value, axis) => rounded(value + step[axis] * STEP));
    refresh();
  }
}

function remove() {
  if (selected === null || corners.length <= 3) return;
  corners.splice(selected, 1);
  selected = null;
  refresh();
}

async function save() {
  const [now, wanted] = [moment, corners];
  try {
    const saved = await now.send("PUT", "zone", { zone: wanted });
    now.lane.zone = wanted;
    if (now.isOver) {
      // The page may show this lane again.
      if (!editing) edit(false);
      return;
    }
    edit(false);
    showResult(translate(`zone_${saved.effect}`, saved), saved.effect === "now", "");
  } catch (error) {
    if (now.isOver) return;
    const line = error.answer?.line ?? "";
    showResult(translate(line ? "zone_not_saved" : "failed", { problem: reason(error) }), false, line);
  }
}

/** isGood: whether the zone is in use now. line: to be copied into the config file, if the agent could not write it. */
function showResult(text, isGood, line) {
  const result = byId("zone-result");
  result.textContent = text;
  result.classList.toggle("good", isGood);
  byId("zone-line").textContent = line;
  result.hidden = false;
  byId("zone-line").hidden = !line;
  (line ? byId("zone-line") : result).scrollIntoView({ block: "nearest" });
}

const at = ([x, y]) => [x * byId("stage").clientWidth, y * byId("stage").clientHeight];

function middle(number) {
  const [a, b] = [corners[number], corners[(number + 1) % corners.length]];
  return [rounded((a[0] + b[0]) / 2), rounded((a[1] + b[1]) / 2)];
}

function positionOf(event) {
  const { left, top, width, height } = byId("stage").getBoundingClientRect();
  return [rounded((event.clientX - left) / width), rounded((event.clientY - top) / height)];
}

const rounded = (share) => Math.round(1000 * Math.min(1, Math.max(0, share))) / 1000;

function shape(name, attributes) {
  const created = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) created.setAttribute(key, value);
  return created;
}

const overlay = byId("overlay");
overlay.addEventListener("pointerdown", press);
overlay.addEventListener("pointermove", move);
overlay.addEventListener("pointerup", release);
overlay.addEventListener("pointercancel", release);
document.addEventListener("keydown", pressKey);
new ResizeObserver(draw).observe(byId("stage"));
byId("zone-edit").onclick = () => edit(true);
byId("zone-cancel").onclick = () => edit(false);
byId("zone-remove").onclick = remove;
byId("zone-save").onclick = save;
