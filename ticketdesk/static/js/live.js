// The bell: the server says that something is new, never what; the page then asks by the ordinary way.
import { share } from "./live-share.js";

const QUIET = 280; // milliseconds in which many rings are answered once
const LIST_PAUSE = 2000; // between two questions for a list; longer where many desks show it
const BESIDE_PAUSE = 60_000; // between two questions for what stands beside a conversation in which only words came
const NOTICES_PAUSE = 2000; // between two questions for notices: one message may tell a whole team
const EACH_WATCHER = 20; // milliseconds: together they ask for a list at most fifty times a second
const AFTER_SENDING = 50; // until the answer stands on the page
const WITHOUT_BELL = 8000; // between two questions where the socket does not come through
const SIGN_OF_LIFE = 60_000;

const frame = document.querySelector("[data-live]");
const sign = document.getElementById("live");
const timers = new Map();
const last = new Map();
let say = () => {};
let lostTimer = 0;
let asking = 0;

function ringSoon(name, pause, spread = QUIET) {
  if (timers.has(name)) return;
  const since = Date.now() - (last.get(name) ?? 0);
  const delay = Math.max(spread * Math.random(), pause * (1 + Math.random() / 20) - since);
  timers.set(
    name,
    setTimeout(() => {
      timers.delete(name);
      if (document.hidden) {
        waiting.add(name);
        return;
      }
      last.set(name, Date.now());
      htmx.trigger(document.body, name);
    }, delay),
  );
}

// a list that changed under a finger would swallow the click: it waits until the finger is up
let pressed = false;
let missed = false;
addEventListener("pointerdown", () => {
  pressed = true;
}, true);
for (const kind of ["pointerup", "pointercancel"]) {
  addEventListener(kind, () => {
    setTimeout(() => {
      pressed = false;
      if (missed) ringSoon("bell-list", 0);
      missed = false;
    }, 60);
  }, true);
}
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!pressed || event.detail.target?.id !== "rows") return;
  event.detail.shouldSwap = false;
  missed = true;
});

document.body.addEventListener("beside", () => ringSoon("bell-beside", BESIDE_PAUSE));

// a hidden tab asks once, when it is looked at again
const waiting = new Set();
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const name of waiting) ringSoon(name, 0);
  waiting.clear();
});

function ringAll() {
  ringSoon("bell-ticket", 0);
  ringSoon("bell-list", 0);
  ringSoon("bell-rail", 0);
  ringSoon("bell-notices", 0);
}

// while something is being sent, its answer brings the news; what it did not bring is asked for afterwards
let rangMeanwhile = null;

function isSending() {
  return document.querySelector("#open form.htmx-request") !== null;
}

document.addEventListener("htmx:afterRequest", () => {
  setTimeout(() => {
    if (rangMeanwhile === null || isSending()) return;
    const ring = rangMeanwhile;
    rangMeanwhile = null;
    rang(ring);
  }, AFTER_SENDING);
});

function rang(ring) {
  if (ring.topic === "all") {
    ringAll();
    return;
  }
  if (ring.kind === "notice") {
    ringSoon("bell-notices", NOTICES_PAUSE);
    return;
  }
  if (ring.kind !== "news") {
    document.dispatchEvent(new CustomEvent("bell", { detail: ring }));
    return;
  }
  if (ring.topic.startsWith("ticket:")) {
    if (!watched().includes(ring.topic.slice(7))) return; // another tab shows it
    if (isSending()) {
      rangMeanwhile = ring; // most likely it is what we send, and its answer brings it
      return;
    }
    const end = document.getElementById("end");
    if (!end || ring.seq === null || ring.seq > Number(end.dataset.seq)) ringSoon("bell-ticket", 0, QUIET * 0.4);
    return;
  }
  const together = (ring.watchers ?? 1) * EACH_WATCHER;
  ringSoon("bell-list", Math.max(LIST_PAUSE, together), Math.max(QUIET, together / 2));
  ringSoon("bell-rail", Math.max(LIST_PAUSE, together), Math.max(QUIET, together / 2));
}

function watched() {
  const pane = document.querySelector("[data-reference]");
  return pane ? [pane.dataset.reference] : [];
}

export function watch() {
  say({ is: "here", watched: watched() });
}

function lost() {
  frame.toggleAttribute("data-connected", false);
  lostTimer ||= setTimeout(() => {
    sign.textContent = sign.dataset.lost;
    sign.hidden = false;
  }, 4000);
  askNowAndThen();
}

// where sockets do not come through, the page stays current by asking; each try that fails must not put it off
function askNowAndThen() {
  asking ||= setTimeout(() => {
    asking = 0;
    ringAll();
    if (!frame.hasAttribute("data-connected")) askNowAndThen();
  }, WITHOUT_BELL * (0.8 + 0.3 * Math.random()));
}

// a question that failed is asked again: no other ring may come for long
for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, (event) => {
    if (event.detail.requestConfig?.triggeringEvent?.type.startsWith("bell-")) askNowAndThen();
  });
}

function opened(again) {
  clearTimeout(asking);
  asking = 0;
  clearTimeout(lostTimer);
  lostTimer = 0;
  const wasLost = !frame.hasAttribute("data-connected") && wasConnected;
  sign.hidden = true;
  frame.toggleAttribute("data-connected", true);
  wasConnected = true;
  if (again || wasLost) ringAll(); // whatever rang meanwhile is unknown
}

let wasConnected = false;

function hear(message) {
  if (message.is === "ring") rang(message.ring);
  else if (message.is === "open") opened(message.again);
  else if (message.is === "lost") lost();
  else if (message.is === "over") location.reload();
}

if (frame) {
  const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${frame.dataset.live}`;
  say = share(address, frame.dataset.liveAs, hear, watch);
  watch();
  askNowAndThen();
  setInterval(watch, SIGN_OF_LIFE);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "open") watch();
  });
  addEventListener("online", () => say({ is: "online", watched: watched() }));
  addEventListener("pagehide", () => say({ is: "bye" }));
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      watch();
      ringAll();
    }
  });
}
