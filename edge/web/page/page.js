// The frame of the page: tabs, language, choice of the lane, and what happens when the agent does not answer.

import { Unauthorized, get, pause, poll } from "./agent.js";
import * as camera from "./camera.js";
import * as doctor from "./doctor.js";
import { explain, isLost, lost, present } from "./lost.js";
import * as tabs from "./tabs.js";
import * as till from "./till.js";
import { labelPage, nameOf, otherLanguage, setLanguage } from "./words.js";

const byId = (id) => document.getElementById(id);
/** While no tab asks for anything, the page asks this often whether the agent is there. */
const HEARTBEAT_MS = 2000;

/** The lanes of the box, the start of the agent that they come from, and the role of this reader. */
let box = null;

const isViewer = () => box?.role === "viewer";

function showLanguage() {
  labelPage();
  byId("language").textContent = nameOf(otherLanguage());
  byId("language").lang = otherLanguage();
  name();
  redraw();
}

/** The title names the lane, the tab, and who only looks. */
function name() {
  const [lane, role] = [byId("lane-name").textContent, isViewer() ? byId("role").textContent : ""];
  document.title = [lane, tabs.title(), role, "edge-agent"].filter(Boolean).join(" · ");
}

function redraw() {
  explain();
  camera.redraw();
  till.redraw();
  doctor.redraw();
}

/** Follow whether the agent answers. error: of the last request; null when it was answered. */
async function report(error) {
  // The agent's own page says what is wrong with the link, and how to get the right one.
  if (error instanceof Unauthorized) return leave();
  if (!error) {
    const wasLost = isLost();
    present();
    if (wasLost) redraw();
    return;
  }
  lost(error);
  redraw();
  await pause(1000);
  await comeBack();
}

/** An agent that has been restarted may have other lanes and another page: load it again, at the same place. */
async function checkStart() {
  const { started, role } = await get("lanes");
  if (started !== box?.started || role !== box?.role) await leave();
}

/** On the tab of the checks: it asks for nothing else. */
async function beat() {
  if (isViewer()) await doctor.showLast();
  await pause(HEARTBEAT_MS);
  await checkStart();
}

async function comeBack() {
  try {
    await checkStart();
  } catch (error) {
    if (error instanceof Unauthorized) await leave();
  }
}

function leave() {
  location.reload();
  return new Promise(() => {});
}

/** Keep lane and tab in the address, for when the page is loaded again. */
function remember() {
  const place = [byId("lane").value, tabs.section()].map(encodeURIComponent).join("/");
  history.replaceState(null, "", `#${place}`);
  name();
}

/** Lane and tab of the address. */
const remembered = () => location.hash.slice(1).split("/").map(decodeURIComponent);

function show(lane) {
  byId("lane-name").textContent = lane.name;
  byId("unblurred").hidden = !lane.unblurred;
  byId("privacy").hidden = lane.unblurred;
  camera.show(lane);
  till.show(lane);
  remember();
}

async function load() {
  for (;;) {
    try {
      return await get("lanes");
    } catch (error) {
      await report(error);
    }
  }
}

async function start() {
  byId("language").onclick = () => {
    setLanguage(otherLanguage());
    showLanguage();
  };
  const [lane, section] = remembered();
  showLanguage();
  box = await load();
  present();
  // The agent rejects every change of a viewer; the page does not offer them.
  document.body.classList.toggle("viewer", isViewer());
  if (isViewer()) tabs.drop("till");
  redraw();
  const select = byId("lane");
  for (const { name } of box.lanes) select.add(new Option(name));
  select.selectedIndex = Math.max(0, box.lanes.findIndex(({ name }) => name === lane));
  select.hidden = box.lanes.length === 1;
  byId("lane-name").classList.toggle("unseen", !select.hidden);
  select.onchange = () => show(box.lanes[select.selectedIndex]);
  show(box.lanes[select.selectedIndex]);
  tabs.start(remember);
  tabs.open(section);
  // While nobody looks, the page asks for nothing.
  document.addEventListener("visibilitychange", () => document.hidden || comeBack());
  camera.start(report);
  till.start(report);
  poll(() => !byId("doctor").hidden, beat, report);
}

start();
