// Selecting rows of the list: by the box on each, by X on the row in focus, with Shift from one to another.
import { anyDialogOpen } from "./dialog.js";

const picked = new Set(); // numbers of tickets, so that they outlive their rows
const desk = document.getElementById("desk");
let rows = document.getElementById("rows");
let place = address();
let anchor = null;
let waiting = null;

function address() {
  return rows?.getAttribute("hx-get") ?? location.pathname + location.search;
}

function boxes() {
  return [...document.querySelectorAll("#rows .td-row__box")];
}

function said() {
  const words = document.getElementById("picked").dataset;
  return picked.size === 1 ? words.one : words.many.replace("{n}", picked.size);
}

function show() {
  const bar = document.querySelector("[data-bulk]");
  const status = document.getElementById("picked");
  if (!status) return;
  const was = desk.classList.contains("td-desk--picking");
  desk.classList.toggle("td-desk--picking", picked.size > 0);
  if (picked.size > 0) status.textContent = said();
  else if (was) status.textContent = status.dataset.none;
  if (!bar) {
    const empty = document.getElementById("bulk");
    if (picked.size > 0 && !empty.classList.contains("htmx-request")) htmx.trigger(empty, "picking");
    return;
  }
  if (picked.size > 0) bar.querySelector("[data-bulk-count]").textContent = said();
  else if (bar.contains(document.activeElement)) rows.focus({ preventScroll: true });
  bar.hidden = picked.size === 0;
  const run = waiting;
  waiting = null;
  if (picked.size > 0) run?.();
}

function pick(box, isPicked) {
  box.checked = isPicked;
  if (isPicked) picked.add(box.value);
  else picked.delete(box.value);
}

function pickTo(box) {
  const all = boxes();
  const [from, to] = [all.findIndex((one) => one.value === anchor), all.indexOf(box)].sort((a, b) => a - b);
  if (from < 0) pick(box, box.checked);
  else for (const one of all.slice(from, to + 1)) pick(one, box.checked);
}

function clear() {
  for (const box of boxes()) box.checked = false;
  picked.clear();
  show();
}

// the row in focus, else that of the open ticket
export function pickHere() {
  const row = document.activeElement?.closest("#rows li") ?? document.querySelector("#rows .td-row[aria-current]")?.closest("li");
  const box = row?.querySelector(".td-row__box");
  if (!box) return false;
  pick(box, !box.checked);
  anchor = box.value;
  show();
  return true;
}

// until the bar is there, its keys must not do their work on the open ticket: the last one waits for it
export function isBarComing(run) {
  if (picked.size === 0 || document.querySelector("[data-bulk]") !== null) return false;
  waiting = run;
  return true;
}

// rows that were renewed are selected as before; what is no longer shown is not
function restore() {
  const present = document.getElementById("rows");
  if (present === rows) return;
  rows = present;
  const now = address();
  if (now !== place) picked.clear();
  place = now;
  const shown = new Map(boxes().map((box) => [box.value, box]));
  for (const number of [...picked]) {
    if (shown.has(number)) shown.get(number).checked = true;
    else picked.delete(number);
  }
  show();
}

document.addEventListener("htmx:afterSwap", restore);

// the bar has come, and its forms are ready
document.addEventListener("htmx:afterSettle", () => {
  if (picked.size > 0 && document.querySelector("[data-bulk][hidden]")) show();
});

document.addEventListener("click", (event) => {
  const box = event.target.closest(".td-row__box");
  if (box) {
    if (event.shiftKey) pickTo(box);
    else pick(box, box.checked);
    anchor = box.value;
    show();
  } else if (event.target.closest("[data-pick-all]")) {
    const all = boxes();
    const isPicked = !all.every((one) => one.checked);
    for (const one of all) pick(one, isPicked);
    show();
  } else if (event.target.closest("[data-unpick]")) {
    clear();
  }
});

// a click with Shift would mark the words in between
document.addEventListener("mousedown", (event) => {
  if (event.shiftKey && event.target.closest(".td-row__box")) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || picked.size === 0) return;
  if (anyDialogOpen() || document.querySelector(":popover-open")) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  clear();
});

for (const box of boxes()) if (box.checked) pick(box, true);
show();
