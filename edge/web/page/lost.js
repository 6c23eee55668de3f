// What the page says while the agent does not answer: what it shows is then old, and dimmed.

import { RequestFailed, Unexpected, Unreachable } from "./agent.js";
import { setText } from "./elements.js";
import { inLanguage, timeOf, translate } from "./words.js";

const byId = (id) => document.getElementById(id);

let answered = null;
let problem = null;

/** Whether the agent does not answer now. */
export const isLost = () => problem !== null;

/** When the agent answered last, as a time of day; null before its first answer. */
export const lastAnswer = () => answered && timeOf(answered);

/** The agent has just answered. */
export function present() {
  [answered, problem] = [new Date(), null];
  explain();
}

/** The agent has not answered. error: what happened instead. */
export function lost(error) {
  problem = error;
  explain();
}

/** Say it in the page's language. */
export function explain() {
  document.body.classList.toggle("lost", isLost());
  const notice = byId("lost");
  notice.hidden = !isLost();
  if (!isLost()) return;
  const since = answered ? translate("unreachable_since", { time: lastAnswer() }) : translate("unreachable");
  const cause = problem instanceof Unreachable ? [] : [reason(problem)];
  setText(notice, [...cause, since, translate("continues")].join(" "));
}

/** What went wrong with a request, in the page's language. */
export function reason(error) {
  if (error instanceof Unreachable) return translate("unreachable");
  if (error instanceof Unexpected) return translate("unexpected", { status: error.status });
  if (error instanceof RequestFailed) return inLanguage(error.answer.problem);
  return error.message;
}
