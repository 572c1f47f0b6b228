// Single keys press the element that carries them: <button data-key="r">. What is not on the page has no key.
// They can be switched off, in one's settings or on this device, as WCAG 2.1.4 asks of single-letter shortcuts.
import { anyDialogOpen } from "./dialog.js";
import { isBarComing, pickHere } from "./selecting.js";

const SETTING = "td-keys";
const PAUSE = 1200;
let prefix = "";
let prefixTimer = 0;

function switchedOff() {
  if (document.documentElement.dataset.keys === "off") return true; // in one's settings, for all devices
  try {
    return localStorage.getItem(SETTING) === "off";
  } catch {
    return false;
  }
}

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]") !== null;
}

function isVisible(element) {
  return element.getClientRects().length > 0;
}

// what stands in a closed menu is at hand where the button of the menu is
function isAtHand(element) {
  const menu = element.closest("[popover]");
  return isVisible(menu ? (document.querySelector(`[popovertarget="${menu.id}"]`) ?? menu) : element);
}

function press(letters) {
  const element = [...document.querySelectorAll(`[data-key="${CSS.escape(letters)}"]`)].find(isAtHand);
  if (!element) return false;
  if (element.matches("input:not([type=checkbox]), textarea, select, aside")) element.focus();
  else element.click();
  return true;
}

function startsSequence(letter) {
  return document.querySelector(`[data-key^="${CSS.escape(letter)} "]`) !== null;
}

function move(step) {
  const rows = [...document.querySelectorAll(".td-row")].filter(isVisible);
  if (!rows.length) return false;
  const here = rows.indexOf(document.activeElement);
  const from = here >= 0 ? here : rows.findIndex((row) => row.hasAttribute("aria-current"));
  const to = Math.max(0, Math.min(rows.length - 1, from + step));
  rows[to].focus();
  rows[to].scrollIntoView({ block: "nearest" });
  return true;
}

function act(key) {
  if (prefix) {
    const letters = `${prefix} ${key}`;
    prefix = "";
    return press(letters);
  }
  if (key === "j") return move(1);
  if (key === "k") return move(-1);
  if (key === "x") return pickHere();
  if (isBarComing(() => act(key))) return true;
  if (press(key)) return true;
  if (!startsSequence(key)) return false;
  prefix = key;
  clearTimeout(prefixTimer);
  prefixTimer = setTimeout(() => (prefix = ""), PAUSE);
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isTyping(event.target) && !anyDialogOpen()) event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key.length !== 1) return;
  if (isTyping(event.target) || anyDialogOpen() || document.querySelector(":popover-open") || switchedOff()) return;
  if (act(event.key)) event.preventDefault();
});

for (const box of document.querySelectorAll("[data-keys-switch]")) {
  box.checked = !switchedOff();
  box.addEventListener("change", () => {
    try {
      if (box.checked) localStorage.removeItem(SETTING);
      else localStorage.setItem(SETTING, "off");
    } catch {
      // storage is closed: the switch cannot be kept
    }
  });
}
