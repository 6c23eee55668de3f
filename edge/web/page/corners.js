// The customer zone as it is drawn over the picture, and while it is edited, the handles of its corners.

import { setAttributes, shape } from "./elements.js";
import { translate } from "./words.js";

const overlay = document.getElementById("overlay");
const stage = document.getElementById("stage");
const layer = shape("g", { class: "zone" });
const polygon = shape("polygon", {});
layer.append(polygon);
overlay.append(layer);

/** For each handle: its element, "corner" or "middle" (where one can be added), and the number of its corner. */
let handles = [];

const at = ([x, y]) => [x * stage.clientWidth, y * stage.clientHeight];

/** corners: shares of the picture. selected: the number of a corner, or null. */
export function drawZone(corners, editing, selected) {
  polygon.setAttribute("points", corners.map((corner) => at(corner).join()).join(" "));
  const wanted = editing ? 2 * corners.length : 0;
  // A handle that stays the same element keeps the focus.
  if (handles.length !== wanted) renew(wanted);
  for (const { spot, kind, number } of handles) {
    const place = kind === "corner" ? corners[number] : middle(corners, number);
    const [cx, cy] = at(place);
    for (const circle of spot.children) setAttributes(circle, { cx, cy });
    spot.firstElementChild.classList.toggle("selected", kind === "corner" && number === selected);
    spot.ariaLabel = kind === "corner" ? named(corners, number) : translate("corner_add", { number: number + 1 });
  }
}

/** What a corner is called: its number and its place. */
export function named(corners, number) {
  const [left, top] = corners[number].map((share) => Math.round(100 * share));
  return translate("corner", { number: number + 1, count: corners.length, left, top });
}

/** The place between a corner and the next. */
export function middle(corners, number) {
  const [a, b] = [corners[number], corners[(number + 1) % corners.length]];
  return [0, 1].map((axis) => rounded((a[axis] + b[axis]) / 2));
}

export const rounded = (share) => Math.round(1000 * Math.min(1, Math.max(0, share))) / 1000;

/** The handle at which something happened: its kind and its number; neither beside all handles. */
export function handleOf(event) {
  const { handle, number } = event.target.closest("[data-handle]")?.dataset ?? {};
  return { kind: handle ?? null, number: Number(number) };
}

export function focusCorner(number) {
  handles.find((handle) => handle.kind === "corner" && handle.number === number)?.spot.focus({ preventScroll: true });
}

function renew(count) {
  for (const { spot } of handles) spot.remove();
  handles = Array.from({ length: count }, (_, position) => {
    const [kind, number] = [position % 2 ? "middle" : "corner", Math.floor(position / 2)];
    return { spot: handle(kind, number), kind, number };
  });
  layer.append(...handles.map(({ spot }) => spot));
}

function handle(kind, number) {
  const spot = shape("g", { role: "button", tabindex: 0, "data-handle": kind, "data-number": number });
  // An invisible larger circle is easier to hit with a finger.
  const sizes = kind === "corner" ? [10, 24] : [6, 16];
  spot.append(shape("circle", { r: sizes[0], class: kind }), shape("circle", { r: sizes[1], class: "touch-area" }));
  return spot;
}
