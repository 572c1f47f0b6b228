// Who else is here: this page says which ticket its reader looks at and whether they write, and shows the others.
import { csrf } from "./requests.js";

const BEAT = 15_000; // half of the time for which a word of ours holds
const SOON = 250;
const ROWS_PAUSE = 4000; // lists ask at most so often, each a little later than the other
const EACH_WATCHER = 20;
const ROWS_AGAIN = 60_000; // somebody whose browser died is not rung for
const STILL_WRITING = 45_000;
const MOST_ROWS = 50;
const tab = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
let at = null; // the address of the ticket at which we said that we are
let writes = null; // { kind, until }
let said = "";
let beat = 0;
let look = 0;
let rows = 0;
let rowsAt = 0;

function place() {
  return document.querySelector("[data-presence]");
}

function doing() {
  if (!writes || writes.until < Date.now()) return "looking";
  const text = document.querySelector(`#composer [data-box="${writes.kind}"]`)?.elements.text;
  return text?.value.trim() ? writes.kind : "looking";
}

async function ask(address, options = {}) {
  try {
    const headers = { "X-CSRFToken": csrf(), "HX-Request": "true" };
    const answer = await fetch(address, { headers, cache: "no-store", ...options });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null; // nobody is shown, nothing else is amiss
  }
}

function fields(values) {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.append(name, value);
  return data;
}

// our own fragments, escaped by the server; what has not changed stays, so that nothing is read out twice
function put(html) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  for (const part of parsed.content.querySelectorAll("[data-into]")) {
    const node = document.getElementById(part.dataset.into);
    if (node && node.innerHTML.trim() !== part.innerHTML.trim()) node.innerHTML = part.innerHTML;
  }
}

function leave() {
  clearTimeout(beat);
  if (at) ask(at, { method: "DELETE", body: fields({ tab }), keepalive: true });
  at = null;
  said = "";
}

async function be() {
  clearTimeout(beat);
  const address = place()?.dataset.presence ?? null;
  if (at && at !== address) leave();
  if (!address || document.hidden) {
    leave();
    return;
  }
  at = address;
  said = doing();
  beat = setTimeout(be, BEAT);
  const html = await ask(address, { method: "POST", body: fields({ tab, doing: said }) });
  if (html !== null && at === address) put(html);
}

async function lookAgain() {
  const address = place()?.dataset.presence;
  const html = address ? await ask(address) : null;
  if (html !== null && address === place()?.dataset.presence) put(html);
}

function lookSoon() {
  clearTimeout(look);
  look = setTimeout(lookAgain, SOON * (0.5 + Math.random()));
}

async function lookAtRows() {
  rows = 0;
  rowsAt = Date.now();
  const shown = [...document.querySelectorAll(".td-row__here")].slice(0, MOST_ROWS);
  if (document.hidden || !shown.length) return;
  const numbers = new URLSearchParams(shown.map((node) => ["ticket", node.id.slice("here-".length)]));
  const html = await ask(`/desk/presence?${numbers}`);
  if (html === null) return;
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  for (const node of shown) {
    const now = parsed.content.getElementById(node.id)?.innerHTML ?? "";
    if (node.innerHTML !== now) node.innerHTML = now;
  }
}

// the more desks hear the same ring, the longer each waits
function rowsSoon(watchers = 1) {
  const pause = Math.max(ROWS_PAUSE, watchers * EACH_WATCHER);
  rows ||= setTimeout(lookAtRows, Math.max(0, rowsAt + pause - Date.now()) + pause * Math.random() * 0.25);
}

document.addEventListener("bell", ({ detail: ring }) => {
  if (ring.kind === "availability") htmx.trigger(document.body, "bell-rail");
  if (ring.kind !== "presence" || document.hidden) return;
  if (!ring.topic.startsWith("ticket:")) rowsSoon(ring.watchers);
  else if (ring.topic === `ticket:${document.querySelector("#talk[data-reference]")?.dataset.reference}`) lookSoon();
});

document.addEventListener("input", (event) => {
  const kind = event.target.closest?.("#composer [data-box]")?.dataset.box;
  if (!kind || event.target.name !== "text") return;
  writes = { kind, until: Date.now() + STILL_WRITING };
  if (doing() !== said) be();
});

// sent, or another ticket was opened
document.addEventListener("htmx:afterSettle", () => {
  if ((place()?.dataset.presence ?? null) !== at) writes = null;
  else if (doing() === said) return;
  be();
});

document.addEventListener("visibilitychange", () => {
  be();
  if (!document.hidden) rowsSoon();
});
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => {
  if (event.persisted) be();
});
setInterval(() => {
  if (document.querySelector(".td-row__here > *")) rowsSoon();
}, ROWS_AGAIN);
if (document.getElementById("desk")) be();
