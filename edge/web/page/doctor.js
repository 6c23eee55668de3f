// The check tab: the findings of edge-agent doctor and their fixes.

import * as agent from "./agent.js";
import { element, refill } from "./elements.js";
import { reason } from "./lost.js";
import { translate } from "./words.js";

const byId = (id) => document.getElementById(id);

const WORST_FIRST = ["problem", "warning", "ok"];

let findings = [];
/** The status line in the page's language; a function, so that it follows a change of language. */
let status = () => "";

async function examine() {
  byId("examine").disabled = true;
  findings = [];
  status = () => translate("examining");
  redraw();
  try {
    const found = await agent.send("POST", "doctor", {});
    findings = WORST_FIRST.flatMap((verdict) => found.filter((finding) => finding.verdict === verdict));
    status = summary;
  } catch (error) {
    status = () => translate("failed", { problem: reason(error) });
  }
  byId("examine").disabled = false;
  redraw();
}

function summary() {
  const count = (verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  return problems || warnings ? translate("counts", { problems, warnings }) : translate("all_ok");
}

export function redraw() {
  byId("diagnosis").textContent = status();
  byId("diagnosis").hidden = !status();
  refill(byId("findings"), findings.map(findingLine));
}

function findingLine(finding) {
  const item = document.createElement("li");
  item.className = finding.verdict;
  const name = finding.lane ? `${finding.lane} · ${finding.name}` : finding.name;
  const badge = element("b", translate(finding.verdict), "badge");
  item.append(badge, element("span", name, "name"), element("p", finding.seen));
  // In the doctor's JSON the fix is called "mend".
  if (finding.mend) item.append(element("p", `${translate("fix")}: ${finding.mend}`, "fix"));
  return item;
}


byId("examine").onclick = examine;
