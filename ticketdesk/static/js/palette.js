// The command palette (Ctrl K): what is on the page and carries a key or stands in a menu, the places of the rail, and
// what the server finds. It presses the page's own buttons, so that nothing can be done here that cannot be done there.
import { anyDialogOpen } from "./dialog.js";

const DOING = [
  "#open [data-key]",
  "#more .td-menu__item",
  "#desk [data-key]:not(.td-nav, .td-row__box)",
  "#me .td-menu__item",
]; // what is nearest to the work comes first
const GOING = ["#rail .td-nav"];
const MOST = 8; // of each kind
const LEAST = 2; // letters from which the server is asked
const PAUSE = 120;
const palette = document.getElementById("palette");
const box = palette?.querySelector("input");
const list = palette?.querySelector("[role=listbox]");
const none = palette?.querySelector("[role=status]");
let commands = [];
let runs = new Map(); // by option
let timer = 0;
let asking = null;

function plain(words) {
  return words.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function labelOf(element) {
  const label = element.getAttribute("aria-label") ?? element.getAttribute("title");
  if (label) return label;
  const copy = element.cloneNode(true);
  copy.querySelectorAll("svg, kbd, .td-av, .td-count").forEach((part) => part.remove());
  return copy.textContent.replace(/\s+/g, " ").trim();
}

function canBeUsed(element) {
  if (element.disabled || element.matches(".td-only-phone") || element.closest("dialog")) return false;
  return element.closest("[popover]") !== null || element.getClientRects().length > 0;
}

function gathered(selectors, kind) {
  const found = new Map();
  for (const element of selectors.flatMap((one) => [...document.querySelectorAll(one)])) {
    if (element.matches("input, textarea, select, aside")) continue;
    const label = labelOf(element);
    if (label && canBeUsed(element) && !found.has(label)) {
      found.set(label, { kind, label, element, keys: element.dataset.key ?? "" });
    }
  }
  return [...found.values()];
}

// News may have renewed what it stood in: a link that stands nowhere would leave the page.
function present({ element, keys, label }) {
  if (element.isConnected) return element;
  const now = [...gathered(DOING, "here"), ...gathered(GOING, "places")];
  return (now.find((one) => keys && one.keys === keys) ?? now.find((one) => one.label === label))?.element;
}

// Every typed word begins a word of the label.
function fits(label, typed) {
  const words = plain(label).split(/[^\p{L}\p{N}]+/u);
  return typed.every((part) => words.some((word) => word.startsWith(part)));
}

function marked(label, typed) {
  const pieces = document.createDocumentFragment();
  for (const part of label.split(/(\s+)/)) {
    const hit = typed.find((word) => plain(part).startsWith(word));
    if (!hit) {
      pieces.append(part);
      continue;
    }
    const mark = document.createElement("mark");
    mark.textContent = part.slice(0, hit.length);
    pieces.append(mark, part.slice(hit.length));
  }
  return pieces;
}

function head(words) {
  const line = document.createElement("li");
  line.className = "td-menu__head";
  line.setAttribute("role", "presentation");
  line.textContent = words;
  return line;
}

function option(command, typed) {
  const line = document.createElement("li");
  line.className = "td-menu__item";
  line.setAttribute("role", "option");
  const icon = command.element.querySelector("svg.td-i")?.cloneNode(true) ?? document.createElement("span");
  icon.setAttribute("class", "td-i");
  line.append(icon);
  const label = document.createElement("span");
  label.className = "td-cut";
  label.append(marked(command.label, typed));
  line.append(label);
  if (command.keys) {
    const keys = document.createElement("kbd");
    keys.className = "td-key";
    keys.setAttribute("aria-hidden", "true");
    keys.textContent = command.keys;
    line.append(keys);
  }
  runs.set(line, () => present(command)?.click());
  return line;
}

function options() {
  return [...list.querySelectorAll("[role=option]")];
}

function chosen() {
  return list.querySelector('[aria-selected="true"]');
}

function choose(line) {
  chosen()?.setAttribute("aria-selected", "false");
  line?.setAttribute("aria-selected", "true");
  line?.scrollIntoView({ block: "nearest" });
  if (line) box.setAttribute("aria-activedescendant", line.id);
  else box.removeAttribute("aria-activedescendant");
}

function numbered() {
  options().forEach((line, place) => {
    line.id = `palette-${place}`;
    if (!line.hasAttribute("aria-selected")) line.setAttribute("aria-selected", "false");
  });
}

function show() {
  const typed = plain(box.value).split(/\s+/).filter(Boolean);
  runs = new Map();
  const lines = [];
  for (const [kind, words] of [["here", list.dataset.here], ["places", list.dataset.places]]) {
    const some = commands.filter((one) => one.kind === kind && fits(one.label, typed)).slice(0, typed.length ? MOST : 99);
    if (some.length) lines.push(head(words), ...some.map((one) => option(one, typed)));
  }
  list.replaceChildren(...lines);
  list.scrollTop = 0;
  numbered();
  choose(options()[0]);
  none.textContent = "";
  clearTimeout(timer);
  asking?.abort();
  if (box.value.trim().length >= LEAST) timer = setTimeout(ask, PAUSE);
  else if (!lines.length) none.textContent = none.dataset.words;
}

// Results come below what is there, so that what is chosen stays under the hand.
async function ask() {
  asking = new AbortController();
  const { signal } = asking;
  try {
    const answer = await fetch(`${palette.dataset.asks}?q=${encodeURIComponent(box.value)}`, { signal });
    if (!answer.ok) return;
    const parsed = document.createElement("template");
    parsed.innerHTML = await answer.text(); // our own fragment, escaped by the server
    if (signal.aborted) return;
    list.append(parsed.content);
  } catch {
    return; // asked anew, or without a net: what can be done here stays
  }
  numbered();
  if (!chosen()) choose(options()[0]);
  none.textContent = options().length ? "" : none.dataset.words;
}

function run(line) {
  const press = runs.get(line);
  palette.close();
  if (press) press();
  else location.assign(line.dataset.href);
}

function open() {
  commands = [...gathered(DOING, "here"), ...gathered(GOING, "places")];
  box.value = "";
  palette.showModal();
  box.focus();
  show();
}

function step(by) {
  const all = options();
  if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
}

const KEYS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Enter: () => chosen() && run(chosen()),
};

if (palette) {
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    if (palette.open) palette.close();
    else if (!anyDialogOpen()) open();
    event.preventDefault();
  });
  box.addEventListener("input", show);
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || !KEYS[event.key]) return;
    KEYS[event.key]();
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // typing goes on
  list.addEventListener("click", (event) => {
    const line = event.target.closest("[role=option]");
    if (line) run(line);
  });
  palette.addEventListener("close", () => {
    clearTimeout(timer);
    asking?.abort();
  });
}
