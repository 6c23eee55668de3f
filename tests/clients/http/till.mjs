// A till in 40 lines: node till.mjs http://127.0.0.1:8480 till-1 [TOKEN]
import { randomUUID } from "node:crypto";

const [gateway, till, token] = process.argv.slice(2);
const base = `${gateway}/v1/tills/${till}`;
const headers = token ? { Authorization: `Bearer ${token}` } : {};
let heard_ms = Date.now();
let screen = { shows: "nothing", text: null };
let asking = true;

/** Sends an event until the gateway has stored it. */
async function send(type, data) {
  const event = { specversion: "1.0", id: randomUUID(), source: `/till/${till}`, type, time: new Date().toISOString(), data };
  const request = { method: "POST", headers: { ...headers, "Content-Type": "application/cloudevents+json" }, body: JSON.stringify(event) };
  for (;;) {
    const answer = await fetch(`${base}/events`, { ...request, signal: AbortSignal.timeout(1000) }).catch(() => null);
    if (answer?.status === 202) return;
    if (answer && answer.status < 429) throw new Error((await answer.json()).detail);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Shows the gateway's screen; after 3 s without an answer, asks everyone. */
function show(next) {
  if (next.shows !== screen.shows || next.text?.en !== screen.text?.en) console.log(JSON.stringify(next));
  screen = next;
}
const silent = { shows: "ask-everyone", text: { ru: "Проверяйте документы у всех.", en: "Ask everyone for ID." } };
setInterval(() => Date.now() - heard_ms > 3000 && show(silent), 200).unref();
const poll = async (after = "") => {
  const url = `${base}/messages?wait=2&after=${after}`;
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(4000) }).then((found) => found.json()).catch(() => null);
  if (answer?.screen) [heard_ms] = [Date.now(), show(answer.screen)];
  else await new Promise((resolve) => setTimeout(resolve, 500));
  if (asking) poll(answer?.next ?? after);
};
poll();

const sale = { sale_id: randomUUID() };
await send("lane.sale.opened", sale);
await send("lane.sale.restricted_item", { ...sale, sku: "beer", minimum_age: 18 });
while (!["alert", "ask", "ask-everyone"].includes(screen.shows)) await new Promise((resolve) => setTimeout(resolve, 50));
await send("lane.id.checked", { ...sale, outcome: "passed", means: "document", minimum_age: 18, cashier_id: "c-17" });
await send("lane.sale.closed", { ...sale, basket: [{ sku: "beer", quantity: 1, restricted: true }] });
asking = false;
