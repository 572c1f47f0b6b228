// What was just done can be taken back for a while: by the button beside the words, by U, or by Ctrl+Z.
import { toast } from "./toast.js";

const LASTS = 20_000;
let last = null;

function offer({ said, undo, address }) {
  last?.remove(); // one way back at a time: the newest
  const run = () => htmx.ajax("POST", address, { source: document.body, swap: "none" });
  last = toast(said, { lasts: LASTS, action: { text: undo, key: "u", run } });
}

document.addEventListener("undoable", (event) => offer(event.detail));

document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  if (event.defaultPrevented || !last?.isConnected) return; // a reply that can be taken back comes first
  const field = event.target.closest?.("input, textarea, [contenteditable]");
  if (field && field.type !== "checkbox" && (field.value ?? field.textContent)) return; // there it undoes the typing
  event.preventDefault();
  last.querySelector("button").click();
});
