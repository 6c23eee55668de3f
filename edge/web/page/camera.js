// The camera tab: the live picture with its boxes, the decision, the customer's age, and the list of faces.

import { Moment, poll } from "./agent.js";
import { element, refill, setText, shape } from "./elements.js";
import { isLost, lastAnswer } from "./lost.js";
import * as picture from "./picture.js";
import { inLanguage, translate, years } from "./words.js";
import * as zone from "./zone.js";

const byId = (id) => document.getElementById(id);
/** The right end of the age scale, in years. */
const OLDEST = 90;
/** For those who ask their system for less motion, the picture changes about once in this time. */
const SLOW_MS = 1000;
const LESS_MOTION = matchMedia("(prefers-reduced-motion: reduce)");

let moment = null;
let snapshot = null;
let number = 0;

export function show(lane) {
  begin(lane);
  snapshot = null;
  byId("picture").hidden = true;
  byId("picture").removeAttribute("src");
  zone.show(lane);
  picture.show(lane, () => begin(lane), () => zone.show(lane));
  redraw();
}

/** From now on show only what is requested from now on. */
function begin(lane) {
  moment?.end();
  [moment, number] = [new Moment(lane), 0];
}

export function start(report) {
  const isActive = () => !byId("camera").hidden;
  poll(isActive, next, report);
}

async function next() {
  const now = moment;
  const tried = picture.query();
  const received = await now.get(tried === null ? `snapshot?after=${number}` : `preview?after=${number}&${tried}`);
  if (received.picture) await showPicture(received, now);
  snapshot = received.picture
    ? received
    : { ...received, faces: [], people: 0, decision: null, advice: null, age: null };
  redraw();
  if (LESS_MOTION.matches) await now.pause(SLOW_MS);
}

async function showPicture(received, now) {
  const image = byId("picture");
  image.src = received.picture;
  image.hidden = false;
  // Boxes belong to their own picture: change both at the same time.
  await image.decode().finally(() => now.check());
  number = received.number;
  byId("stage").style.aspectRatio = `${received.width} / ${received.height}`;
}

export function redraw() {
  const missing = byId("no-picture");
  const hasPicture = Boolean(snapshot?.picture);
  missing.hidden = hasPicture && !isLost();
  missing.textContent = missingBecause(hasPicture);
  byId("stage").classList.toggle("dim", isLost() || Boolean(snapshot && !hasPicture));
  drawBoxes(snapshot?.faces ?? []);
  showAdvice();
  showAge(snapshot?.age ?? null);
  const faces = snapshot?.faces ?? [];
  refill(byId("faces"), faces.length ? faces.map(faceLine) : [element("li", translate("nobody"))]);
}

function missingBecause(hasPicture) {
  if (isLost()) return hasPicture ? translate("last_picture", { time: lastAnswer() }) : translate("unreachable");
  return snapshot ? inLanguage(snapshot.problem ?? {}) || translate("no_picture") : translate("waiting");
}

function drawBoxes(faces) {
  const overlay = byId("overlay");
  const { clientWidth: width, clientHeight: height } = byId("stage");
  for (const old of overlay.querySelectorAll(".face")) old.remove();
  for (const face of faces) {
    const [left, top, wide, high] = face.box;
    const group = shape("g", { class: `face ${kind(face)}` });
    const [x, y] = [left * width, top * height];
    const box = shape("rect", { x, y, width: wide * width, height: high * height, rx: 6 });
    const caption = shape("text", { x, y: Math.max(16, y - 8) });
    caption.textContent = captionOf(face);
    group.append(box, caption);
    overlay.prepend(group);
  }
  zone.draw();
}

function captionOf(face) {
  if (face.age) return interval(face.age);
  return face.in_zone ? (face.reasons.map(inLanguage)[0] ?? "") : translate("outside");
}

function showAdvice() {
  const card = byId("advice");
  card.dataset.decision = snapshot?.decision ?? "";
  setText(card.firstElementChild, snapshot?.advice ? inLanguage(snapshot.advice) : translate(adviceMissing()));
  const isOld = isLost() && Boolean(snapshot?.advice);
  byId("advice-was").hidden = !isOld;
  if (isOld) setText(byId("advice-was"), translate("was", { time: lastAnswer() }));
}

function adviceMissing() {
  if (!snapshot?.picture) return isLost() ? "unreachable" : "waiting";
  if (!snapshot.people || snapshot.analysing) return "empty";
  return document.body.classList.contains("viewer") ? "idle_viewer" : "idle";
}

function showAge(age) {
  byId("age").classList.toggle("unknown", !age);
  byId("age-mean").textContent = age ? years(completedYears(age.mean)) : "–";
  byId("age-range").textContent = age
    ? translate("range", { low: Math.round(age.low), high: Math.round(age.high) })
    : "";
  const position = (value) => `${(100 * Math.min(value, OLDEST)) / OLDEST}%`;
  if (age) {
    byId("scale-range").style.left = position(age.low);
    byId("scale-range").style.width = position(age.high - age.low);
    byId("scale-mean").style.left = position(age.mean);
  }
  if (snapshot?.picture) {
    const limit = snapshot.threshold;
    byId("scale-threshold").hidden = !limit;
    if (limit) byId("scale-threshold").style.left = position(limit);
    byId("scale-legend").textContent = translate(limit ? "threshold" : "no_threshold", { age: limit });
  }
}

function faceLine(face) {
  const item = element("li", "");
  item.className = kind(face);
  const place = face.is_customer ? "customer" : face.in_zone ? "in_zone" : "outside";
  item.append(element("b", translate(place)));
  if (face.in_zone) item.append(` ${qualityOf(face)}`);
  return item;
}

function qualityOf(face) {
  if (face.reasons.length) return face.reasons.map(inLanguage).join(", ");
  return face.age ? `${interval(face.age)} · ${translate("good")}` : translate("no_age");
}

const kind = (face) => (face.is_customer ? "customer" : face.in_zone ? "in-zone" : "outside");

// Ages are given in completed years: 27.9 is 27, younger than 28.
const completedYears = (mean) => Math.floor(mean);

const interval = ([mean, low, high]) => `${completedYears(mean)} (${Math.round(low)}–${Math.round(high)})`;
