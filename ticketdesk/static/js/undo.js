// A reply that has not left can be taken back: by the button, by U, or by Ctrl+Z where nothing is being typed.
import { saveAll } from "./draft.js";
import { toast } from "./toast.js";

const told = document.createElement("p");
told.className = "td-hide";
told.setAttribute("role", "status");
document.body.append(told);

let bar = null;
let timer = 0;

// said once, politely; the numbers that count down are for eyes only
function begin(found) {
  clearInterval(timer);
  bar = found;
  if (!bar) return;
  const last = performance.now() + Number(bar.dataset.seconds) * 1000;
  const left = bar.querySelector("[data-undo-left]");
  told.textContent = bar.dataset.said;
  timer = setInterval(() => {
    const seconds = Math.ceil((last - performance.now()) / 1000);
    if (seconds > 0) left.textContent = seconds;
    else end();
  }, 250);
}

function end() {
  clearInterval(timer);
  told.textContent = "";
  if (bar?.contains(document.activeElement)) document.querySelector("#composer textarea")?.focus();
  bar?.remove();
  bar = null;
}

function look() {
  const found = document.querySelector("[data-undo]");
  if (found !== bar) begin(found);
}

// what was begun is saved first, so that the server can put it below what comes back, or show it where it went along
document.addEventListener("htmx:confirm", (event) => {
  if (!event.target.matches?.("[data-undo], [data-brings-back], [data-saves-first]")) return;
  event.preventDefault();
  saveAll().finally(() => event.detail.issueRequest(true));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || !bar) return;
  const field = event.target.closest?.("input, textarea, [contenteditable]");
  if (field && (field.value ?? field.textContent)) return; // there it undoes the typing
  event.preventDefault();
  bar.requestSubmit();
});

document.addEventListener("taken-back", (event) => {
  toast(event.detail.value);
  const text = document.querySelector('#composer [data-box="reply"] textarea');
  document.querySelector('#composer [data-write="reply"]')?.click();
  text?.focus();
  text?.setSelectionRange(text.value.length, text.value.length);
});

document.addEventListener("htmx:afterSettle", look);
look();
