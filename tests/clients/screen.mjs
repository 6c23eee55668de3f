// What to show the cashier: the table of docs/till-protocol.md, in its order.

const LEGAL_AGE = 18; // of alerts from older agents

/** The last ID check that says something about items of this minimum age. */
function outcomeFor(age, checks) {
  const answers = ({ outcome, minimum_age }) =>
    outcome === "not-shown" || (outcome === "passed" ? minimum_age >= age : minimum_age <= age);
  return checks.findLast(answers)?.outcome;
}

/**
 * Returns "nothing", "do-not-sell", "ask-everyone", "alert" (its text), "ask" or "waiting".
 * sale: null, or { asked_ms: when the last question began, null before the first restricted item; restricted: the
 * minimum ages in the basket; checks; alert: the newest one, with until_ms, and seen once it was on the screen }.
 */
export function whatToShow({ sale, silent, clocksAgree, now_ms }) {
  const begun = sale && sale.asked_ms !== null;
  const alert = sale?.alert;
  const alertAge = alert ? (alert.legal_age ?? LEGAL_AGE) : 0;
  const strictest = begun ? Math.max(0, ...sale.restricted) : 0;
  if (begun) {
    if (!sale.restricted.length) return "nothing";
    if (sale.restricted.some((age) => ["failed", "not-shown"].includes(outcomeFor(age, sale.checks)))) return "do-not-sell";
    if (outcomeFor(Math.max(strictest, alertAge), sale.checks) === "passed") return "nothing";
  }
  if (silent) return "ask-everyone";
  if (!begun) return "nothing";
  if (alert && alert.decision !== "NO_CHALLENGE") return now_ms < alert.until_ms ? "alert" : "ask";
  if (alert && alertAge >= strictest) {
    if (!clocksAgree) return "ask";
    if (now_ms < alert.until_ms) return "alert";
    return alert.seen ? "nothing" : "ask";
  }
  return now_ms - sale.asked_ms < 1000 ? "waiting" : "ask";
}
