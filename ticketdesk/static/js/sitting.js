// How long somebody sits at a ticket: seconds in which its page is in front of them and they did something within the
// last minute. Of all tabs of a browser the one that is being used counts; the server lets no second count twice.
import { csrf } from "./requests.js";

const TICK = 1000;
const BEAT = 30_000;
const IDLE = 60_000;
const MOST_TICK = 2000; // a machine that slept did not work
const LEAST = 5; // seconds: a glance is no sitting
const USES = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"];
let at = null; // { address, sitting, seconds, said } of the ticket that this page shows
let usedAt = -IDLE;
let tickedAt = performance.now();
let saidAt = 0;
let turn = null; // lets the next tab have it

function place() {
  return document.querySelector("[data-sitting]");
}

function isHere() {
  return document.visibilityState === "visible" && document.hasFocus() && performance.now() - usedAt < IDLE;
}

// one tab at a time: whichever is used takes the turn from the one that was
function take() {
  if (turn || !navigator.locks) return;
  const mine = {};
  turn = mine;
  const name = `td-sitting ${document.querySelector("[data-live-as]")?.dataset.liveAs ?? ""}`;
  const over = () => {
    if (turn !== mine) return;
    turn = null; // another tab has it now
    say();
  };
  const held = () => new Promise((resolve) => (mine.leave = resolve));
  navigator.locks.request(name, { steal: true }, held).then(over, over);
}

function letGo() {
  turn?.leave?.();
  turn = null;
}

async function say() {
  const told = at;
  const seconds = Math.floor(told?.seconds ?? 0);
  if (!told || seconds < LEAST || seconds <= told.said) return;
  told.said = seconds;
  saidAt = performance.now();
  const body = new FormData();
  body.append("sitting", told.sitting);
  body.append("seconds", seconds);
  const headers = { "X-CSRFToken": csrf(), "HX-Request": "true" };
  try {
    const answer = await fetch(told.address, { method: "POST", body, headers, keepalive: true });
    if (!answer.ok) {
      if (answer.status < 500) told.address = null; // not measured any more: switched off, or out of sight
      return;
    }
    const { sitting } = await answer.json();
    if (sitting === told.sitting) return;
    Object.assign(told, { sitting, seconds: 0, said: 0 }); // a new day
  } catch {
    told.said = 0; // the next time says all of it
  }
}

function look() {
  const address = place()?.dataset.sits ?? null;
  if (address === (at?.asked ?? null)) return;
  say();
  at = address ? { asked: address, address, sitting: place().dataset.sitting, seconds: 0, said: 0 } : null;
}

function tick() {
  const now = performance.now();
  const passed = Math.min(now - tickedAt, MOST_TICK);
  tickedAt = now;
  if (!at?.address) return;
  if (isHere() && (turn || !navigator.locks)) {
    at.seconds += passed / 1000;
    const shown = place();
    if (shown) shown.dataset.seconds = Math.floor(at.seconds);
  }
  if (now - saidAt >= BEAT) say();
}

function leave() {
  say();
  letGo();
}

if (document.getElementById("desk")) {
  for (const use of USES) {
    addEventListener(
      use,
      (event) => {
        if (!event.isTrusted) return;
        usedAt = performance.now();
        take();
      },
      { capture: true, passive: true },
    );
  }
  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  addEventListener("blur", leave);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", look);
  setInterval(tick, TICK);
  look();
}
