// The till tab: scan items, read the cashier's prompt, and report the outcome of the ID check.

import { Moment, poll } from "./agent.js";
import { element, refill, setText } from "./elements.js";
import { isLost, lastAnswer, reason } from "./lost.js";
import { formatted, inLanguage, translate } from "./words.js";

const byId = (id) => document.getElementById(id);

let moment = null;
let lane = null;
let screen = null;
let number = 0;
let problem = "";

export function show(newLane) {
  begin(newLane);
  [lane, screen, problem] = [newLane, null, ""];
  redraw();
}

/** From now on show only what is requested from now on. */
function begin(newLane) {
  moment?.end();
  [moment, number] = [new Moment(newLane), 0];
}

export function start(report) {
  poll(() => !byId("till").hidden, async () => handle(await moment.get(`till?after=${number}`)), report);
}

function handle(received) {
  // Requests are not answered in the order in which they were sent; the number of the screen grows.
  if (received.number < number) return;
  screen = received;
  number = received.number;
  redraw();
}

async function act(action) {
  problem = "";
  const now = moment;
  try {
    const received = await now.send("POST", "till", { action });
    if (!now.isOver) handle(received);
  } catch (error) {
    if (now.isOver) return;
    problem = reason(error);
    redraw();
  }
}

export function redraw() {
  if (!lane) return;
  showPrompt();
  const basket = screen?.basket ?? [];
  const total = basket.reduce((sum, line) => sum + line.quantity * line.price, 0);
  refill(byId("basket"), basket.map(basketLine));
  byId("total").textContent = translate("total", { sum: money(total) });
  byId("answered").textContent =
    screen?.answered_s != null ? translate("answered", { seconds: formatted(screen.answered_s, 2) }) : "";
  refill(byId("shelf"), lane.catalogue.map(itemButton));
  const canCheck = Boolean(screen?.open && basket.some((line) => line.restricted));
  for (const button of byId("outcomes").children) button.disabled = !canCheck;
  byId("pay").disabled = byId("void").disabled = !screen?.open;
}

function showPrompt() {
  const card = byId("prompt");
  const decision = { alert: screen?.decision, ask: "UNKNOWN", "do-not-sell": "CHALLENGE" }[screen?.shows];
  card.dataset.decision = decision ?? (screen?.check === "passed" ? "NO_CHALLENGE" : "");
  setText(
    card.firstElementChild,
    problem ||
      (screen?.note && inLanguage(screen.note)) ||
      (screen?.text && inLanguage(screen.text)) ||
      translate(screen?.check === "passed" ? "checked" : screen?.open ? "sale_open" : "no_sale"),
  );
  const isOld = isLost() && screen !== null;
  byId("prompt-was").hidden = !isOld;
  if (isOld) setText(byId("prompt-was"), translate("was", { time: lastAnswer() }));
}

function itemButton(item) {
  const button = document.createElement("button");
  button.dataset.sku = item.sku;
  button.classList.toggle("restricted", item.restricted);
  button.append(element("span", inLanguage(item.name)), element("small", `${money(item.price)} ₽`));
  if (item.restricted) button.append(element("em", `${item.minimum_age}+`));
  button.onclick = () => act({ do: "scan", item: item.sku });
  return button;
}

function basketLine(line) {
  const row = document.createElement("li");
  row.append(
    element("span", `${inLanguage(line.name)}${line.quantity > 1 ? ` × ${line.quantity}` : ""}`),
    element("span", money(line.quantity * line.price)),
  );
  return row;
}

const money = (sum) => formatted(sum, 2);


for (const button of document.querySelectorAll("[data-action=check]")) {
  button.onclick = () => act({ do: "check", outcome: button.dataset.outcome });
}
byId("pay").onclick = () => act({ do: "close", completed: true });
byId("void").onclick = () => act({ do: "close", completed: false });
