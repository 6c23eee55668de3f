// A very small till: one sale of beer and vodka, whose vodka is voided, from hello to close, printed as JSON lines.
// node client.mjs ADDRESS ALERTS [KEY] [SECONDS]
//
// Written from docs/till-protocol.md alone. ALERTS: a file to save alerts in. KEY: made by `edge-agent keys new`.
// SECONDS: how long to wait for the agent; default 20.

import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { Dealer } from "zeromq";
import { whatToShow } from "./screen.mjs";

const [address, alertsFile, keyFile, seconds = "20"] = process.argv.slice(2);
const RESEND_AFTER_MS = [1000, 2000, 4000, 5000];

const keyText = keyFile ? readFileSync(keyFile, "utf8") : "";
const field = (name) => keyText.match(new RegExp(`^\\s*${name}\\s*=\\s*"(.*)"\\s*$`, "m"))?.[1];
const till = field("till") ?? "till-node";
const curve = keyFile && {
  curvePublicKey: field("public-key"),
  curveSecretKey: field("secret-key"),
  curveServerKey: field("agent-public-key"),
};
const socket = new Dealer({ routingId: till, immediate: true, heartbeatInterval: 1000, linger: 1000, ...curve });
socket.connect(address);

const print = (event, details = {}) => console.log(JSON.stringify({ event, ...details }));

// The socket accepts one send at a time.
let sending = Promise.resolve();
const send = (event) => (sending = sending.then(() => socket.send(JSON.stringify(event))));

const wrap = (type, data) => ({
  specversion: "1.0",
  id: randomUUID(),
  source: `/till/${till}`,
  type,
  time: new Date().toISOString(),
  data,
});

/** By message id: a function to call when the agent answers it. */
const pending = new Map();

/** Sends a message and resends it with the same id until the agent answers; returns "ack" or "error". */
async function request(type, data) {
  const event = wrap(type, data);
  const answer = new Promise((resolve) => pending.set(event.id, resolve));
  for (let resends = 0; ; resends += 1) {
    send(event);
    const pause_ms = RESEND_AFTER_MS[Math.min(resends, RESEND_AFTER_MS.length - 1)];
    let timer;
    const pause = new Promise((resolve) => (timer = setTimeout(resolve, pause_ms)));
    const result = await Promise.race([answer, pause]);
    clearTimeout(timer);
    if (result) return result;
  }
}

/** Ids of the agents and alerts received before. */
const known = new Set();
const state = { sale: null, heard_ms: Date.now(), clocksAgree: false };
let shows = "nothing";

/** Functions to call when the screen has changed or an alert has come. */
const watchers = [];

function update() {
  const now_ms = Date.now();
  const before = shows;
  shows = whatToShow({ ...state, silent: now_ms - state.heard_ms >= 3000, now_ms });
  if (shows === "alert") state.sale.alert.seen = true;
  if (shows !== before) print("screen", { shows, text: shows === "alert" ? state.sale.alert.text : undefined });
  for (const watcher of watchers) watcher();
}

/** Waits for an alert about the open sale that is for this minimum age. */
const alertFor = (age) =>
  new Promise((resolve) => watchers.push(() => state.sale?.alert?.legal_age === age && resolve()));

const handlers = {
  "lane.ack": ({ data }) => pending.get(data.message_id)?.("ack"),
  "lane.error": ({ id, data }) => {
    print("error", data);
    if (data.alert_id && !data.message_id) send(wrap("lane.ack", { message_id: id, alert_id: data.alert_id }));
    pending.get(data.message_id)?.("error");
  },
  "lane.health": ({ id, time, data }) => {
    send(wrap("lane.ack", { message_id: id }));
    state.clocksAgree = Math.abs(Date.now() - Date.parse(time)) <= 2000;
    if (!known.has(data.agent)) print("agent-met", { agent: data.agent });
    known.add(data.agent);
  },
  "lane.alert": ({ id, data }) => {
    if (!known.has(data.alert_id)) {
      const file = openSync(alertsFile, "a");
      writeSync(file, JSON.stringify(data) + "\n");
      fsyncSync(file);
      closeSync(file);
      known.add(data.alert_id);
      print("alert", { ...data, kept: keep(data) });
      update();
    }
    send(wrap("lane.ack", { message_id: id, alert_id: data.alert_id }));
  },
};

/** Keeps an alert unless it is of another sale, older than the last one, or expired; returns whether it is kept. */
function keep(alert) {
  const { sale } = state;
  const issued_ms = Date.parse(alert.issued_at);
  const lasts_ms = Date.parse(alert.expires_at) - issued_ms;
  // Clocks that differ cannot tell how much of its time is over.
  const left_ms = state.clocksAgree ? Math.min(lasts_ms, Date.parse(alert.expires_at) - Date.now()) : lasts_ms;
  if (sale?.sale_id !== alert.sale_id || Date.parse(sale.alert?.issued_at) > issued_ms || left_ms <= 0) return false;
  sale.alert = { ...alert, until_ms: Date.now() + left_ms, seen: false };
  return true;
}

async function listen() {
  for await (const [frame] of socket) {
    state.heard_ms = Date.now();
    const event = JSON.parse(frame.toString());
    handlers[event.type]?.(event);
    update();
  }
}

/** Sets the restricted items of the sale. Another strictest age is a new question. */
function setRestricted(items) {
  const { sale } = state;
  const [before, after] = [sale.restricted, items.map((item) => item.minimum_age)].map((ages) => Math.max(0, ...ages));
  if (after !== before) sale.asked_ms = Date.now();
  if (!after || sale.alert?.legal_age > after) sale.alert = null;
  sale.restricted = items.map((item) => item.minimum_age);
  update();
}

const BEER = { sku: "beer", minimum_age: 18 };
const VODKA = { sku: "vodka", minimum_age: 21 };

async function sell() {
  await request("lane.hello", { till });
  print("connected");
  const sale_id = randomUUID();
  state.sale = { sale_id, asked_ms: null, restricted: [], checks: [], alert: null };
  await request("lane.sale.opened", { sale_id, cashier_id: "анна" });
  setRestricted([BEER]);
  await request("lane.sale.restricted_item", { sale_id, ...BEER });
  setRestricted([BEER, VODKA]);
  await request("lane.sale.restricted_item", { sale_id, ...VODKA });
  await alertFor(21);
  setRestricted([BEER]);
  await request("lane.sale.item_removed", { sale_id, sku: "vodka", remaining: [BEER] });
  await alertFor(18);
  const check = { outcome: "passed", means: "document", minimum_age: 18 };
  state.sale.checks.push(check);
  update();
  await request("lane.id.checked", { sale_id, ...check, cashier_id: "анна" });
  const basket = [{ sku: "beer", quantity: 1, price: 99.9, restricted: true }];
  await request("lane.sale.closed", { sale_id, completed: true, cashier_id: "борис", basket });
  state.sale = null;
  print("closed", { sale_id });
}

setTimeout(() => {
  console.error(`client.mjs: no answer from ${address} within ${seconds} s: is the agent running, and the key known?`);
  process.exit(1);
}, 1000 * Number(seconds)).unref();
setInterval(update, 100).unref();
listen();
await sell();
await sending;
socket.close();
process.exit(0);
