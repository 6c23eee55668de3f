// The customer zone: edited with mouse, finger or keys, and saved into the config file.

import { Moment } from "./agent.js";
import { author } from "./author.js";
import { drawZone, focusCorner, handleOf, middle, named, rounded } from "./corners.js";
import { setText } from "./elements.js";
import { reason } from "./lost.js";
import { translate } from "./words.js";

const byId = (id) => document.getElementById(id);
const MAX_CORNERS = 64;
/** How far an arrow key moves a corner, as a share of the picture; with Shift, further. */
const STEP = 0.01;
const LARGE_STEP = 0.1;
/** A shorter drag, as a share of the picture, is taken for a slip and draws nothing. */
const MIN_DRAG = 0.03;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

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

export const draw = () => drawZone(corners, editing, selected);

function edit(on) {
  moment?.end();
  moment = new Moment(lane);
  [editing, selected, drag] = [on, null, null];
  corners = lane.zone.map((corner) => [...corner]);
  byId("stage").classList.toggle("editing", on);
  byId("overlay").ariaHidden = String(!on);
  for (const id of ["zone-edit", "picture-edit"]) byId(id).hidden = on;
  if (on) byId("zone-result").hidden = byId("zone-line").hidden = true;
  for (const id of ["zone-save", "zone-remove", "zone-cancel", "zone-hint"]) byId(id).hidden = !on;
  setText(byId("zone-place"), "");
  refresh();
}

function begin() {
  edit(true);
  focusCorner(0);
}

function cancel() {
  edit(false);
  byId("zone-edit").focus();
}

function refresh() {
  byId("zone-remove").disabled = selected === null || corners.length <= 3;
  draw();
}

function press(event) {
  if (!editing || drag) return;
  event.preventDefault();
  byId("overlay").setPointerCapture(event.pointerId);
  const { kind, number } = handleOf(event);
  selected = kind === "corner" ? number : null;
  drag = { from: positionOf(event) };
  if (kind === "middle") add(number);
  refresh();
  if (selected !== null) focusCorner(selected);
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

/** A corner that has the focus is the selected one. */
function select(event) {
  const { kind, number } = handleOf(event);
  if (drag || kind !== "corner" || number === selected) return;
  selected = number;
  refresh();
}

function pressKey(event) {
  const { kind, number } = handleOf(event);
  const step = ARROWS[event.key];
  if (kind === "corner" && step) {
    const size = event.shiftKey ? LARGE_STEP : STEP;
    corners[number] = corners[number].map((value, axis) => rounded(value + step[axis] * size));
    refresh();
    setText(byId("zone-place"), named(corners, number));
  } else if (kind === "corner" && (event.key === "Delete" || event.key === "Backspace")) {
    remove();
  } else if (kind === "middle" && (event.key === "Enter" || event.key === " ")) {
    add(number);
    refresh();
    focusCorner(selected);
  } else {
    return;
  }
  event.preventDefault();
}

/** Add a corner between this one and the next. */
function add(number) {
  if (corners.length >= MAX_CORNERS) return;
  selected = number + 1;
  corners.splice(selected, 0, middle(corners, number));
}

function remove() {
  if (selected === null || corners.length <= 3) return;
  corners.splice(selected, 1);
  const next = selected % corners.length;
  selected = null;
  refresh();
  focusCorner(next);
}

async function save() {
  const [now, wanted] = [moment, corners];
  try {
    const saved = await now.send("PUT", "zone", { zone: wanted, by: author() });
    now.lane.zone = wanted;
    if (now.isOver) {
      // The page may show this lane again.
      if (!editing) edit(false);
      return;
    }
    cancel();
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

function positionOf(event) {
  const { left, top, width, height } = byId("stage").getBoundingClientRect();
  return [rounded((event.clientX - left) / width), rounded((event.clientY - top) / height)];
}

const overlay = byId("overlay");
overlay.addEventListener("pointerdown", press);
overlay.addEventListener("pointermove", move);
overlay.addEventListener("pointerup", release);
overlay.addEventListener("pointercancel", release);
overlay.addEventListener("focusin", select);
overlay.addEventListener("keydown", pressKey);
document.addEventListener("keydown", (event) => {
  if (editing && event.key === "Escape") cancel();
});
new ResizeObserver(draw).observe(byId("stage"));
byId("zone-edit").onclick = begin;
byId("zone-cancel").onclick = cancel;
byId("zone-remove").onclick = remove;
byId("zone-save").onclick = save;
