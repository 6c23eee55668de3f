// How the picture is scaled, turned and mirrored: tried out on the live picture, then saved into the config file.

import { Moment } from "./agent.js";
import { author } from "./author.js";
import { reason } from "./lost.js";
import { translate } from "./words.js";

const byId = (id) => document.getElementById(id);

let lane = null;
let moment = null;
let tried = null;
let onTried = () => {};
let onSaved = () => {};

/** triedNow: called when the picture is to be seen in another way. saved: called when the lane has new settings. */
export function show(newLane, triedNow, saved) {
  [lane, onTried, onSaved] = [newLane, triedNow, saved];
  edit(false);
  hideResult();
}

/** The query of the preview while something is tried out; null otherwise. */
export function query() {
  return tried && new URLSearchParams(Object.entries(tried).filter(([, value]) => value !== null)).toString();
}

function edit(on) {
  moment?.end();
  moment = new Moment(lane);
  tried = on ? { ...lane.picture } : null;
  byId("stage").classList.toggle("trying", on);
  byId("picture-tools").hidden = !on;
  for (const id of ["picture-edit", "zone-tools"]) byId(id).hidden = on;
  onTried();
  if (!on) return;
  hideResult();
  const aspect = byId("picture-aspect");
  if (tried.aspect && ![...aspect.options].some((option) => option.value === tried.aspect)) {
    aspect.add(new Option(tried.aspect, tried.aspect));
  }
  aspect.value = tried.aspect ?? "";
  byId("picture-mirror").checked = tried.mirror;
}

function begin() {
  edit(true);
  byId("picture-aspect").focus();
}

function cancel() {
  edit(false);
  byId("picture-edit").focus();
}

function hideResult() {
  byId("picture-result").hidden = byId("picture-lines").hidden = true;
}

function change(values) {
  Object.assign(tried, values);
  onTried();
}

async function save() {
  const [now, wanted] = [moment, tried];
  try {
    const saved = await now.send("PUT", "picture", { picture: wanted, by: author() });
    now.lane.picture = wanted;
    if (saved.effect === "now") now.lane.zone = saved.zone;
    if (now.isOver) return;
    cancel();
    onSaved();
    showResult(translate(`picture_${saved.effect}`, saved), saved.effect === "now", "");
  } catch (error) {
    if (now.isOver) return;
    const lines = error.answer?.line ?? "";
    showResult(translate(lines ? "picture_not_saved" : "failed", { problem: reason(error) }), false, lines);
  }
}

/** isGood: whether the picture is now seen so. lines: for the config file, if the agent could not write it. */
function showResult(text, isGood, lines) {
  const result = byId("picture-result");
  result.textContent = text;
  result.classList.toggle("good", isGood);
  byId("picture-lines").textContent = lines;
  result.hidden = false;
  byId("picture-lines").hidden = !lines;
}

document.addEventListener("keydown", (event) => {
  if (tried && event.key === "Escape") cancel();
});
byId("picture-edit").onclick = begin;
byId("picture-cancel").onclick = cancel;
byId("picture-save").onclick = save;
byId("picture-turn").onclick = () => change({ rotate: (tried.rotate + 90) % 360 });
byId("picture-mirror").onchange = (event) => change({ mirror: event.target.checked });
byId("picture-aspect").onchange = (event) => change({ aspect: event.target.value || null });
