// The demonstration till: scan something, read what the cashier would, say what the ID check gave.

import * as agent from "./agent.js";
import { amount, chosen, say } from "./words.js";

const byId = (id) => document.getElementById(id);

let lane = null;
let screen = null;
let number = 0;
let problem = "";

export function show(next) {
  [lane, screen, number, problem] = [next, null, 0, ""];
  redraw();
}

export function follow(fail) {
  const wanted = () => !byId("till").hidden;
  agent.follow(wanted, () => agent.get(`lanes/${lane.name}/till?after=${number}`), take, fail);
}

function take(next) {
  screen = next;
  number = next.number;
  redraw();
}

async function act(deed) {
  problem = "";
  try {
    take(await agent.send("POST", `lanes/${lane.name}/till`, { deed }));
  } catch (refused) {
    problem = refused.message;
    redraw();
  }
}

export function redraw() {
  if (!lane) return;
  showPrompt();
  const basket = screen?.basket ?? [];
  byId("basket").replaceChildren(...basket.map(line));
  byId("total").textContent = say("total", { sum: money(basket.reduce((sum, one) => sum + one.quantity * one.price, 0)) });
  byId("answered").textContent = screen?.answered_s != null ? say("answered", { seconds: amount(screen.answered_s, 2) }) : "";
  byId("shelf").replaceChildren(...lane.catalogue.map(item));
  const asked = Boolean(screen?.open && basket.some((one) => one.restricted));
  for (const button of byId("outcomes").children) button.disabled = !asked;
  byId("pay").disabled = byId("void").disabled = !screen?.open;
}

function showPrompt() {
  const card = byId("prompt");
  const decision = { alert: screen?.decision, ask: "UNKNOWN", "do-not-sell": "CHALLENGE" }[screen?.shows];
  card.dataset.decision = decision ?? (screen?.check === "passed" ? "NO_CHALLENGE" : "");
  card.firstElementChild.textContent =
    problem ||
    (screen?.note && chosen(screen.note)) ||
    (screen?.text && chosen(screen.text)) ||
    say(screen?.check === "passed" ? "checked" : screen?.open ? "go_on" : "nothing");
}

function item(goods) {
  const button = document.createElement("button");
  button.dataset.sku = goods.sku;
  button.classList.toggle("restricted", goods.restricted);
  button.append(element("span", chosen(goods.name)), element("small", `${money(goods.price)} ₽`));
  if (goods.restricted) button.append(element("em", "18+"));
  button.onclick = () => act({ do: "scan", item: goods.sku });
  return button;
}

function line(bought) {
  const row = document.createElement("li");
  row.append(
    element("span", `${chosen(bought.name)}${bought.quantity > 1 ? ` × ${bought.quantity}` : ""}`),
    element("span", money(bought.quantity * bought.price)),
  );
  return row;
}

const money = (sum) => amount(sum, 2);

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

for (const button of document.querySelectorAll("[data-deed=check]")) {
  button.onclick = () => act({ do: "check", outcome: button.dataset.outcome });
}
byId("pay").onclick = () => act({ do: "close", completed: true });
byId("void").onclick = () => act({ do: "close", completed: false });
