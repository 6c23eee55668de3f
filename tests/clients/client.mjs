// A very small till: one sale from hello to close, printed as JSON lines. node client.mjs ADDRESS ALERTS [KEY] [SECONDS]
//
// Written from docs/till-protocol.md alone. ALERTS: a file to save alerts in. KEY: made by `edge-agent keys new`.
// SECONDS: how long to wait for the agent; default 20.

import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { Dealer } from "zeromq";

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
let sale_id;
let gotAlert;
const firstAlert = new Promise((resolve) => (gotAlert = resolve));

const handlers = {
  "lane.ack": ({ data }) => pending.get(data.message_id)?.("ack"),
  "lane.error": ({ id, data }) => {
    print("error", data);
    if (data.alert_id) send(wrap("lane.ack", { message_id: id, alert_id: data.alert_id }));
    pending.get(data.message_id)?.("error");
  },
  "lane.health": ({ id, data }) => {
    send(wrap("lane.ack", { message_id: id }));
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
      const hidden = data.sale_id !== sale_id || Date.now() >= Date.parse(data.expires_at);
      print(hidden ? "not-shown" : "shown", data);
      gotAlert();
    }
    send(wrap("lane.ack", { message_id: id, alert_id: data.alert_id }));
  },
};

async function listen() {
  for await (const [frame] of socket) {
    const event = JSON.parse(frame.toString());
    handlers[event.type]?.(event);
  }
}

async function sell() {
  await request("lane.hello", { till });
  print("connected");
  sale_id = randomUUID();
  await request("lane.sale.opened", { sale_id });
  await request("lane.sale.restricted_item", { sale_id, sku: "beer" });
  await firstAlert;
  await request("lane.id.checked", { sale_id, outcome: "passed", cashier_id: "борис" });
  const basket = [{ sku: "beer", quantity: 2, price: 99.9, restricted: true }];
  await request("lane.sale.closed", { sale_id, completed: true, cashier_id: "борис", basket });
  print("closed", { sale_id });
}

setTimeout(() => {
  console.error(`client.mjs: no answer from ${address} within ${seconds} s: is the agent running, and the key known?`);
  process.exit(1);
}, 1000 * Number(seconds)).unref();
listen();
await sell();
await sending;
socket.close();
process.exit(0);
