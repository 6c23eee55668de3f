// What edge-agent doctor finds on this box, and how to mend it.

import * as agent from "./agent.js";
import { say } from "./words.js";

const byId = (id) => document.getElementById(id);

const WORST_FIRST = ["problem", "warning", "ok"];

let findings = [];
let told = () => "";

async function examine() {
  byId("examine").disabled = true;
  findings = [];
  told = () => say("examining");
  redraw();
  try {
    const found = await agent.send("POST", "doctor", {});
    findings = WORST_FIRST.flatMap((verdict) => found.filter((one) => one.verdict === verdict));
    told = summary;
  } catch (problem) {
    told = () => say("refused", { problem: problem.message });
  }
  byId("examine").disabled = false;
  redraw();
}

function summary() {
  const count = (verdict) => findings.filter((one) => one.verdict === verdict).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  return problems || warnings ? say("not_well", { problems, warnings }) : say("all_well");
}

export function redraw() {
  byId("diagnosis").textContent = told();
  byId("diagnosis").hidden = !told();
  byId("findings").replaceChildren(...findings.map(line));
}

function line(finding) {
  const item = document.createElement("li");
  item.className = finding.verdict;
  const where = finding.lane ? `${finding.lane} · ${finding.name}` : finding.name;
  item.append(element("b", say(finding.verdict), "badge"), element("span", where, "name"), element("p", finding.seen));
  if (finding.mend) item.append(element("p", `${say("mend")}: ${finding.mend}`, "mend"));
  return item;
}

function element(name, text, kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = kind;
  return made;
}

byId("examine").onclick = examine;
