// Chats that ring: fetched when the bell says so, with a countdown, a sound in one tab, and the title of all of them.
import { start, stop, unlock } from "./ring-sound.js";

const SETTING = "td-ring";
const SOON = 120; // milliseconds in which several bells are one question
const SAFE = 20_000; // whatever a lost bell would have told is known after this
const LATE = 2500; // after a ring's end the server has passed it on
const bar = document.getElementById("chats");
const said = document.getElementById("chats-said");
const plain = document.title;
let soon = 0;
let known = new Set();
let skew = 0; // of the browser's clock against the server's
let flashes = false;

function ask() {
  clearTimeout(soon);
  soon = setTimeout(() => htmx.trigger(document.body, "bell-chats"), SOON);
}

function cards() {
  return [...document.querySelectorAll("[data-ring]")];
}

function isHeard() {
  try {
    return localStorage.getItem(SETTING) !== "off";
  } catch {
    return true;
  }
}

function showSound() {
  const words = isHeard() ? bar.dataset.soundOn : bar.dataset.soundOff;
  for (const button of document.querySelectorAll("[data-ring-sound]")) {
    button.setAttribute("aria-pressed", String(isHeard()));
    button.title = words;
    button.querySelector("use")?.setAttribute("href", iconOf(button, isHeard() ? "bell" : "mute"));
  }
}

function iconOf(button, name) {
  return button.querySelector("use").getAttribute("href").replace(/#.*/, `#i-${name}`);
}

function sound() {
  showSound();
  if (isHeard() && cards().length) start();
  else stop();
}

function count(card, now) {
  const from = Date.parse(card.dataset.from);
  const until = Date.parse(card.dataset.until);
  const left = Math.max(0, until - now);
  const share = Math.min(100, (100 * left) / (until - from));
  card.querySelector(".left")?.setAttribute("stroke-dasharray", `${share.toFixed(1)} 100`);
  card.querySelector("[data-seconds]").textContent = `${Math.ceil(left / 1000)} s`;
  card.classList.toggle("td-ring--soon", left < 10_000);
  if (now > until + LATE && !card.dataset.over) {
    card.dataset.over = "yes";
    ask();
  }
}

function tick() {
  const rings = cards();
  const now = Date.now() + skew;
  for (const card of rings) count(card, now);
  if (rings.length) {
    flashes = !flashes;
    document.title = flashes ? `● ${bar.dataset.title.replace("{n}", rings.length)}` : ours();
  } else if (document.title.startsWith("● ")) {
    document.title = ours();
  }
}

// the title of the ticket that is open now, without the number of what rings
let own = plain;
function ours() {
  if (!document.title.startsWith("● ")) own = document.title;
  return own;
}

function shown() {
  const server = Date.parse(document.querySelector(".td-chats__now")?.dataset.now);
  if (server) skew = server - Date.now();
  const rings = cards();
  const fresh = rings.filter((card) => !known.has(card.dataset.ring));
  known = new Set(rings.map((card) => card.dataset.ring));
  if (fresh.length) said.textContent = fresh.map((card) => card.dataset.said).join(". ");
  else if (!rings.length) said.textContent = "";
  markOpen();
  sound();
  tick();
}

function markOpen() {
  const number = document.querySelector("#talk[data-number]")?.dataset.number;
  for (const link of document.querySelectorAll("[data-chat]")) {
    if (link.dataset.chat === number) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

// the next of my chats that waits, or simply the next
function nextChat() {
  const links = [...document.querySelectorAll("[data-chat]")];
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  const others = [...links.slice(here + 1), ...links.slice(0, Math.max(here, 0))];
  (others.find((link) => link.dataset.waits !== undefined) ?? others[0])?.click();
}

document.addEventListener("bell", (event) => {
  if (event.detail.kind === "offer") ask();
});

if (bar) {
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "chats-now") shown();
    else if (event.target.id === "open") markOpen();
  });
  // somebody may have been quicker: whatever was clicked, what rings is looked at again
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.closest?.("[data-ring], .td-ring--told")) ask();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-next-chat]")) nextChat();
    if (!event.target.closest("[data-ring-sound]")) return;
    try {
      if (isHeard()) localStorage.setItem(SETTING, "off");
      else localStorage.removeItem(SETTING);
    } catch {
      // storage is closed: the switch cannot be kept
    }
    sound();
  });
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, unlock, { capture: true });
  // also while writing in another chat
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyY") return;
    const first = document.querySelector("[data-accept] button");
    if (!first) return;
    event.preventDefault();
    first.click();
  });
  addEventListener("storage", (event) => {
    if (event.key === SETTING) sound();
  });
  setInterval(tick, 1000);
  setInterval(ask, SAFE);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
}
