// A very small till: one sale from hello to close, told in JSON lines. node client.mjs ADDRESS NOTES [KEY] [SECONDS]
//
// It is written from docs/till-protocol.md alone. NOTES: a file for the alerts. KEY: made by `edge-agent keys new`.
// SECONDS: how long to wait for the agent.

import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { Dealer } from "zeromq";

const [address, notesFile, keyFile, seconds = "20"] = process.argv.slice(2);
const REPEAT_AFTER_MS = [1000, 2000, 4000, 5000];

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

const tell = (event, details = {}) => console.log(JSON.stringify({ event, ...details }));

// The socket takes one message at a time.
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

const waiting = new Map();

/** Says something and repeats it, with the same id, until the agent answers; returns the answer. */
async function say(type, data) {
  const event = wrap(type, data);
  const answer = new Promise((resolve) => waiting.set(event.id, resolve));
  for (let repeat = 0; ; repeat += 1) {
    send(event);
    const pause_ms = REPEAT_AFTER_MS[Math.min(repeat, REPEAT_AFTER_MS.length - 1)];
    let timer;
    const pause = new Promise((resolve) => (timer = setTimeout(resolve, pause_ms)));
    const answered = await Promise.race([answer, pause]);
    clearTimeout(timer);
    if (answered) return answered;
  }
}

const known = new Set();
let sale_id;
let answered;
const firstAlert = new Promise((resolve) => (answered = resolve));

const hear = {
  "lane.ack": ({ data }) => waiting.get(data.message_id)?.("ack"),
  "lane.error": ({ id, data }) => {
    tell("error", data);
    if (data.alert_id) send(wrap("lane.ack", { message_id: id, alert_id: data.alert_id }));
    waiting.get(data.message_id)?.("error");
  },
  "lane.health": ({ id, data }) => {
    send(wrap("lane.ack", { message_id: id }));
    if (!known.has(data.agent)) tell("agent-met", { agent: data.agent });
    known.add(data.agent);
  },
  "lane.alert": ({ id, data }) => {
    if (!known.has(data.alert_id)) {
      const notes = openSync(notesFile, "a");
      writeSync(notes, JSON.stringify(data) + "\n");
      fsyncSync(notes);
      closeSync(notes);
      known.add(data.alert_id);
      const hidden = data.sale_id !== sale_id || Date.now() >= Date.parse(data.expires_at);
      tell(hidden ? "not-shown" : "shown", data);
      answered();
    }
    send(wrap("lane.ack", { message_id: id, alert_id: data.alert_id }));
  },
};

async function listen() {
  for await (const [frame] of socket) {
    const event = JSON.parse(frame.toString());
    hear[event.type]?.(event);
  }
}

async function sell() {
  await say("lane.hello", { till });
  tell("connected");
  sale_id = randomUUID();
  await say("lane.sale.opened", { sale_id });
  await say("lane.sale.restricted_item", { sale_id, sku: "beer" });
  await firstAlert;
  await say("lane.id.checked", { sale_id, outcome: "passed", cashier_id: "борис" });
  const basket = [{ sku: "beer", quantity: 2, price: 99.9, restricted: true }];
  await say("lane.sale.closed", { sale_id, completed: true, cashier_id: "борис", basket });
  tell("closed", { sale_id });
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
