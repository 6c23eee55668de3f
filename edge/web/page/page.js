// The page: its tabs, its language, which lane it shows, and whether the agent answers.

import { Stranger, get } from "./agent.js";
import * as camera from "./camera.js";
import * as doctor from "./doctor.js";
import * as till from "./till.js";
import { label, other, say, speak } from "./words.js";

const byId = (id) => document.getElementById(id);
const tabs = [...document.querySelectorAll("[role=tab]")];

function open(tab) {
  for (const one of tabs) {
    one.ariaSelected = String(one === tab);
    byId(one.getAttribute("aria-controls")).hidden = one !== tab;
  }
}

function showLanguage() {
  label();
  byId("language").textContent = other() === "ru" ? "Русский" : "English";
  byId("language").lang = other();
  camera.redraw();
  till.redraw();
  doctor.redraw();
}

function fail(problem) {
  byId("lost").hidden = !problem;
  if (problem) byId("lost").textContent = say(problem instanceof Stranger ? "strange" : "lost");
}

function show(lane) {
  byId("lane-name").textContent = lane.name;
  byId("unblurred").hidden = !lane.unblurred;
  byId("privacy").hidden = lane.unblurred;
  camera.show(lane);
  till.show(lane);
}

async function start() {
  for (const tab of tabs) tab.onclick = () => open(tab);
  byId("language").onclick = () => {
    speak(other());
    showLanguage();
  };
  showLanguage();
  const lanes = await get("lanes");
  const select = byId("lane");
  for (const lane of lanes) select.add(new Option(lane.name));
  select.hidden = lanes.length === 1;
  byId("lane-name").hidden = !select.hidden;
  select.onchange = () => show(lanes[select.selectedIndex]);
  show(lanes[0]);
  camera.follow(fail);
  till.follow(fail);
}

start().catch(fail);
