// The page that holds the frame. It greets once, from an origin that may, and hands over a channel that only it and we
// can speak through; whatever else is posted here is not even read.
import { page, say } from "./widget-page.js";

const origins = [location.origin, ...JSON.parse(page.dataset.origins)];
const toggled = new EventTarget();
let port = null;
let isShown = false;
let unread = 0;

export const site = { page: "", referrer: "" };

export function isOpen() {
  return isShown && !document.hidden;
}

export function whenToggled(then) {
  toggled.addEventListener("toggle", then);
  document.addEventListener("visibilitychange", then);
}

function show(wanted) {
  isShown = wanted;
  toggled.dispatchEvent(new Event("toggle"));
}

function tell(word) {
  port?.postMessage(word);
}

export function tellUnread(count) {
  if (count === unread) return;
  unread = count;
  tell({ say: "unread", count });
}

export function close() {
  tell({ say: "close" });
}

function dressed() {
  const { backgroundColor, color } = getComputedStyle(page.querySelector("[data-head]"));
  const { position } = page.dataset;
  const sayings = { title: document.title, openWords: say("open"), closeWords: say("close"), unread: say("unread") };
  return { ground: backgroundColor, ink: color, position, ...sayings };
}

function greeted(event) {
  if (port || event.source !== window.parent || !origins.includes(event.origin)) return;
  const hello = event.data;
  if (hello?.ticketdesk !== "hello" || event.ports.length !== 1) return;
  if (["light", "dark"].includes(hello.theme)) document.documentElement.dataset.theme = hello.theme;
  site.page = String(hello.page ?? "").slice(0, 2000);
  site.referrer = String(hello.referrer ?? "").slice(0, 2000);
  [port] = event.ports;
  port.onmessage = ({ data }) => {
    if (data?.say === "open") show(true);
    else if (data?.say === "closed") show(false);
  };
  tell({ say: "ready", ...dressed() });
  if (unread) tell({ say: "unread", count: unread });
}

export function whenGreeted() {
  const button = page.querySelector("[data-close]");
  button.addEventListener("click", close);
  button.hidden = window.parent === window;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && !event.defaultPrevented && !document.querySelector(":popover-open")) close();
  });
  if (window.parent === window) show(true); // opened by itself, in a window of its own
  else window.addEventListener("message", greeted);
}
