// The live picture with boxes, and what the lane makes of whoever stands there.

import * as agent from "./agent.js";
import { chosen, say, years } from "./words.js";
import * as zone from "./zone.js";

const byId = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const OLDEST = 90;

let lane = null;
let seen = null;
let number = 0;

export function show(next) {
  [lane, seen, number] = [next, null, 0];
  zone.show(next);
  redraw();
}

export function follow(fail) {
  const wanted = () => !byId("camera").hidden;
  agent.follow(wanted, () => agent.get(`lanes/${lane.name}/sight?after=${number}`), take, fail);
}

async function take(sight) {
  if (sight.picture) {
    const picture = byId("picture");
    picture.src = sight.picture;
    // Boxes belong to their own picture: they change when it does.
    await picture.decode();
    number = sight.number;
    byId("stage").style.aspectRatio = `${sight.width} / ${sight.height}`;
  }
  seen = sight.picture ? sight : { ...sight, faces: [], people: 0, decision: null, advice: null, age: null };
  redraw();
}

export function redraw() {
  const missing = byId("no-picture");
  missing.hidden = Boolean(seen?.picture);
  missing.textContent = seen ? seen.problem || say("no_picture") : say("waiting");
  byId("stage").classList.toggle("lost", Boolean(seen && !seen.picture));
  drawBoxes(seen?.faces ?? []);
  showAdvice();
  showAge(seen?.age ?? null);
  byId("faces").replaceChildren(...(seen?.faces.length ? seen.faces.map(line) : [element("li", say("nobody"))]));
}

function drawBoxes(faces) {
  const overlay = byId("overlay");
  const { clientWidth: width, clientHeight: height } = byId("stage");
  for (const old of overlay.querySelectorAll(".face")) old.remove();
  for (const face of faces) {
    const [left, top, wide, high] = face.box;
    const group = document.createElementNS(SVG, "g");
    group.classList.add("face", kind(face));
    const box = document.createElementNS(SVG, "rect");
    const text = document.createElementNS(SVG, "text");
    set(box, { x: left * width, y: top * height, width: wide * width, height: high * height, rx: 6 });
    set(text, { x: left * width, y: Math.max(16, top * height - 8) });
    text.textContent = face.age ? interval(face.age) : face.in_zone ? (face.reasons.map(chosen)[0] ?? "") : say("outside");
    group.append(box, text);
    overlay.prepend(group);
  }
  zone.draw();
}

function showAdvice() {
  const card = byId("advice");
  card.dataset.decision = seen?.decision ?? "";
  card.firstElementChild.textContent = seen?.advice
    ? chosen(seen.advice)
    : say(!seen?.picture ? "waiting" : seen.people && !seen.analysing ? "idle" : "empty");
}

function showAge(age) {
  byId("age").classList.toggle("unknown", !age);
  byId("age-mean").textContent = age ? years(completed(age.mean)) : "–";
  byId("age-range").textContent = age ? say("range", { low: Math.round(age.low), high: Math.round(age.high) }) : "";
  const share = (reached) => `${(100 * Math.min(reached, OLDEST)) / OLDEST}%`;
  if (age) {
    byId("scale-range").style.left = share(age.low);
    byId("scale-range").style.width = share(age.high - age.low);
    byId("scale-mean").style.left = share(age.mean);
  }
  if (seen?.threshold) {
    byId("scale-threshold").style.left = share(seen.threshold);
    byId("scale-legend").textContent = say("threshold", { age: seen.threshold });
  }
}

function line(face) {
  const item = element("li", "");
  item.className = kind(face);
  const who = say(face.is_customer ? "customer" : face.in_zone ? "in_zone" : "outside");
  const how = face.reasons.map(chosen).join(", ") || (face.age ? `${interval(face.age)} · ${say("good")}` : say("looking"));
  item.append(element("b", who));
  if (face.in_zone) item.append(` ${how}`);
  return item;
}

const kind = (face) => (face.is_customer ? "customer" : face.in_zone ? "in-zone" : "outside");

// As people tell their age: who looks 27.9 is younger than 28.
const completed = (mean) => Math.floor(mean);

const interval = ([mean, low, high]) => `${completed(mean)} (${Math.round(low)}–${Math.round(high)})`;

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
