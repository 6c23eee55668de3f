// The frame of the page: tabs, language, choice of the lane, and the notice that the agent does not answer.

import { Unauthorized, get } from "./agent.js";
import * as camera from "./camera.js";
import * as doctor from "./doctor.js";
import * as till from "./till.js";
import { labelPage, otherLanguage, setLanguage, translate } from "./words.js";

const byId = (id) => document.getElementById(id);
const tabs = [...document.querySelectorAll("[role=tab]")];

function open(selected) {
  for (const tab of tabs) {
    tab.ariaSelected = String(tab === selected);
    byId(tab.getAttribute("aria-controls")).hidden = tab !== selected;
  }
}

function showLanguage() {
  labelPage();
  byId("language").textContent = otherLanguage() === "ru" ? "Русский" : "English";
  byId("language").lang = otherLanguage();
  camera.redraw();
  till.redraw();
  doctor.redraw();
}

/** Show why the agent cannot be reached; null hides the notice. */
function report(error) {
  byId("lost").hidden = !error;
  if (error) byId("lost").textContent = translate(error instanceof Unauthorized ? "unauthorized" : "unreachable");
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
    setLanguage(otherLanguage());
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
  camera.start(report);
  till.start(report);
}

start().catch(report);
