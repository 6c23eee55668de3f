// The check tab: the findings of edge-agent doctor and their fixes.

import * as agent from "./agent.js";
import { element, refill, setText } from "./elements.js";
import { reason } from "./lost.js";
import { dayAndTime, inLanguage, translate } from "./words.js";

const byId = (id) => document.getElementById(id);

const WORST_FIRST = ["problem", "warning", "ok"];

let findings = [];
/** How many checks there are; 0 while the doctor starts. */
let checks = 0;
let isRunning = false;
/** When another reader of the page ran the check that is shown. */
let examinedAt = null;
/** The status line in the page's language; a function, so that it follows a change of language. */
let status = () => "";

async function examine() {
  [findings, checks, isRunning] = [[], 0, true];
  status = () => translate("examining");
  redraw();
  try {
    await agent.follow("doctor", {}, receive);
  } catch (error) {
    status = () => translate("failed", { problem: reason(error) });
  }
  isRunning = false;
  redraw();
}

/** Show what another reader of the page found last. */
export async function showLast() {
  if (isRunning) return;
  const last = await agent.get("doctor");
  if (isRunning) return;
  [findings, examinedAt] = [last.findings, last.at && new Date(last.at)];
  status = last.at ? lastSummary : () => translate("not_examined");
  redraw();
}

/** A line of the doctor's answer. */
function receive(line) {
  if (line.checks) checks = line.checks;
  if (line.finding) findings.push(line.finding);
  if (line.end) status = line.problem ? () => translate("failed", { problem: inLanguage(line.problem) }) : summary;
  redraw();
}

const lastSummary = () => `${translate("examined", { time: dayAndTime(examinedAt) })} ${summary()}`;

function summary() {
  const count = (verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  return problems || warnings ? translate("counts", { problems, warnings }) : translate("all_ok");
}

export function redraw() {
  setText(byId("diagnosis"), status());
  byId("diagnosis").hidden = !status();
  const isGood = [summary, lastSummary].includes(status) && findings.every((finding) => finding.verdict === "ok");
  byId("diagnosis").classList.toggle("good", isGood);
  byId("diagnosis").classList.toggle("plain", isRunning);
  byId("examine").disabled = isRunning;
  showProgress();
  const sorted = WORST_FIRST.flatMap((verdict) => findings.filter((finding) => finding.verdict === verdict));
  refill(byId("findings"), sorted.map(findingLine));
}

function showProgress() {
  byId("progress").hidden = !isRunning;
  const bar = byId("progress").firstElementChild;
  // Without a value, the bar shows that nothing is known yet.
  if (checks) [bar.max, bar.value] = [Math.max(checks, findings.length), findings.length];
  else bar.removeAttribute("value");
  byId("progress").lastElementChild.textContent = checks ? translate("checked_of", { done: findings.length, checks }) : "";
}

function findingLine(finding) {
  const item = document.createElement("li");
  item.className = finding.verdict;
  const title = inLanguage(finding.title);
  const name = finding.lane ? `${finding.lane} · ${title}` : title;
  const badge = element("b", translate(finding.verdict), "badge");
  item.append(badge, element("span", name, "name"), element("p", inLanguage(finding.seen)));
  // In the doctor's JSON the fix is called "mend".
  const fix = inLanguage(finding.mend);
  if (fix) item.append(element("p", `${translate("fix")}: ${fix}`, "fix"));
  return item;
}


byId("examine").onclick = examine;
