// Typing and reading, told and heard: our visitor types, somebody of the desk answers just now or has read.
import { ask, token } from "./widget-server.js";

const PAUSE = 3000; // between two words that we type
const LASTS = 6500; // of theirs, when none follows
const LONGEST = 1000; // the end of what stands in the field
const heard = new EventTarget();
let told = 0;
let last = "";
let ending = 0;
let later = 0;

// What stands in the field is sent along only where the page says that it is seen.
function isSeen() {
  return document.querySelector("[data-typing-seen]") !== null;
}

function tell(typing, text = "") {
  const fields = isSeen() && text ? { typing, text: text.slice(-LONGEST) } : { typing };
  ask("/typing", { fields, keepalive: true }).catch(() => {}); // said again with the next letters, or not at all
}

// Called by the composer with what stands in its field, at every change and when it was sent.
export function typed(text) {
  clearTimeout(later);
  last = text;
  if (!token()) return;
  if (!text.trim()) {
    if (told) tell("no");
    told = 0;
    return;
  }
  const wait = told + PAUSE - Date.now();
  if (wait > 0) {
    if (isSeen()) later = setTimeout(() => typed(last), wait); // so that the end of a sentence is seen as well
    return;
  }
  told = Date.now();
  tell("yes", text);
}

// `callback(true)` when somebody of the desk begins to answer, `callback(false)` when they stopped.
export function whenTyping(callback) {
  heard.addEventListener("typing", (event) => callback(event.detail));
}

// `callback()` when one of them has read further; how far stands in the talk's next X-Seen.
export function whenSeen(callback) {
  heard.addEventListener("seen", () => callback());
}

function sayTyping(is) {
  heard.dispatchEvent(new CustomEvent("typing", { detail: is }));
}

document.addEventListener("ticketdesk:heard", ({ detail: word }) => {
  if (word.kind === "seen") heard.dispatchEvent(new Event("seen"));
  if (word.kind !== "typing" && word.kind !== "stopped") return;
  clearTimeout(ending);
  sayTyping(word.kind === "typing");
  if (word.kind === "typing") ending = setTimeout(sayTyping, LASTS, false);
});
addEventListener("pagehide", () => {
  if (told) tell("no");
  told = 0;
});
