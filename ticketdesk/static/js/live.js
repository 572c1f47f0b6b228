// The bell: the server says that something is new, never what; the page then asks by the ordinary way.
const SIGNED_OUT = 4401;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const QUIET = 700; // rings within this time are answered once
const LIST_PAUSE = 1000; // what is new stands in the list within two seconds, with time to be fetched

const frame = document.querySelector("[data-live]");
const sign = document.getElementById("live");
let socket = null;
let wait = FIRST_WAIT;
let lostTimer = 0;
const timers = new Map();
const last = new Map();

function ringSoon(name, pause) {
  if (timers.has(name)) return;
  const since = Date.now() - (last.get(name) ?? 0);
  const delay = Math.max(QUIET * Math.random() * 0.4, pause - since);
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
}

function hear(ring) {
  if (ring.topic === "all") return ringAll();
  if (ring.topic.startsWith("ticket:")) {
    const end = document.getElementById("end");
    if (!end || ring.seq === null || ring.seq > Number(end.dataset.seq)) ringSoon("bell-ticket", 0);
    return;
  }
  ringSoon("bell-list", LIST_PAUSE);
  ringSoon("bell-rail", LIST_PAUSE);
}

function watched() {
  const pane = document.querySelector("[data-reference]");
  return pane ? [pane.dataset.reference] : [];
}

export function watch() {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ watch: watched() }));
}

function showLost() {
  sign.textContent = sign.dataset.lost;
  sign.hidden = false;
}

function opened(isFirst) {
  wait = FIRST_WAIT;
  clearTimeout(lostTimer);
  sign.hidden = true;
  frame.toggleAttribute("data-connected", true);
  watch();
  if (!isFirst) ringAll(); // whatever rang meanwhile is unknown
}

function connect(isFirst) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}${frame.dataset.live}`);
  socket.addEventListener("open", () => opened(isFirst));
  socket.addEventListener("message", (event) => hear(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => {
    frame.toggleAttribute("data-connected", false);
    if (event.code === SIGNED_OUT) {
      location.reload();
      return;
    }
    clearTimeout(lostTimer);
    lostTimer = setTimeout(showLost, 4000);
    setTimeout(connect, wait * (0.5 + Math.random()), false);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  });
}

if (frame) {
  connect(true);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "open") watch();
  });
  addEventListener("online", () => {
    wait = FIRST_WAIT;
  });
}
