// Prints what to show in each situation of a file, one word a line, for the test that compares it with edge-till.

import { readFileSync } from "node:fs";
import { whatToShow } from "./screen.mjs";

const now_ms = 1_000_000;
for (const [ages, checks, alert, asked_s, silent, clocksAgree] of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  const [decision, legal_age, left_s, seen] = alert ?? [];
  const sale = {
    asked_ms: ages ? now_ms - 1000 * asked_s : null,
    restricted: ages ?? [],
    checks: checks.map(([outcome, minimum_age]) => ({ outcome, minimum_age })),
    alert: alert && ages?.length ? { decision, legal_age, until_ms: now_ms + 1000 * left_s, seen } : null,
  };
  console.log(whatToShow({ sale, silent, clocksAgree, now_ms }));
}
