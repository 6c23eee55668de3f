// How the picture is scaled, turned and mirrored: tried out on the live picture, then saved into the config file.

import * as agent from "./agent.js";
import { translate } from "./words.js";

const byId = (id) => document.getElementById(id);

let lane = null;
let tried = null;
let onSaved = () => {};

export function show(newLane, saved) {
  [lane, onSaved] = [newLane, saved];
  edit(false);
  hideResult();
}

/** The query of the preview while something is tried out; null otherwise. */
export function query() {
  return tried && new URLSearchParams(Object.entries(tried).filter(([, value]) => value !== null)).toString();
}

function edit(on) {
  tried = on ? { ...lane.picture } : null;
  byId("stage").classList.toggle("trying", on);
  byId("picture-tools").hidden = !on;
  for (const id of ["picture-edit", "zone-tools"]) byId(id).hidden = on;
  if (!on) return;
  hideResult();
  const aspect = byId("picture-aspect");
  if (tried.aspect && ![...aspect.options].some((option) => option.value === tried.aspect)) {
    aspect.add(new Option(tried.aspect, tried.aspect));
  }
  aspect.value = tried.aspect ?? "";
  byId("picture-mirror").checked = tried.mirror;
}

function hideResult() {
  byId("picture-result").hidden = byId("picture-lines").hidden = true;
}

async function save() {
  try {
    const saved = await agent.send("PUT", `lanes/${lane.name}/picture`, { picture: tried });
    lane.picture = tried;
    if (saved.effect === "now") lane.zone = saved.zone;
    edit(false);
    onSaved();
    showResult(translate(`picture_${saved.effect}`, saved), saved.effect === "now", "");
  } catch (error) {
    const lines = error.answer?.line ?? "";
    showResult(translate(lines ? "picture_not_saved" : "failed", { problem: error.message }), false, lines);
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

byId("picture-edit").onclick = () => edit(true);
byId("picture-cancel").onclick = () => edit(false);
byId("picture-save").onclick = save;
byId("picture-turn").onclick = () => (tried.rotate = (tried.rotate + 90) % 360);
byId("picture-mirror").onchange = (event) => (tried.mirror = event.target.checked);
byId("picture-aspect").onchange = (event) => (tried.aspect = event.target.value || null);
