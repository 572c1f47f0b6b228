// The page that holds the frame. It greets once, from an origin that may, and hands over a channel that only it and we
// can speak through; whatever else is posted here is not even read.
import { page, say } from "./widget-page.js";

const origins = [location.origin, ...JSON.parse(page.dataset.origins)];
const toggled = new EventTarget();
const words = new EventTarget();
let port = null;
let isShown = false;
let unread = 0;

const { timeZone } = Intl.DateTimeFormat().resolvedOptions();

// what is told of a visitor once they write: by the site, and by the browser itself
export const site = { page: "", referrer: "", attributes: "", language: navigator.language ?? "", timezone: timeZone ?? "" };

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

// What the site says meanwhile: "identity" and its proof, "set" and facts, "forget".
export function whenSaid(what, then) {
  words.addEventListener(what, (event) => then(event.detail));
}

export function tellMessage(count) {
  tell({ say: "message", count });
}

export function tellUnproven(reason) {
  tell({ say: "unproven", reason });
}

export function tellForgotten() {
  tell({ say: "forgotten" });
}

function hand(what, detail) {
  words.dispatchEvent(new CustomEvent(what, { detail }));
}

function take(facts, isNew) {
  if (["light", "dark"].includes(facts.theme)) document.documentElement.dataset.theme = facts.theme;
  if (facts.page) site.page = String(facts.page).slice(0, 2000);
  if (facts.attributes && Object.keys(facts.attributes).length) site.attributes = JSON.stringify(facts.attributes);
  const isTold = Boolean(isNew ? site.attributes || facts.page : site.attributes);
  hand("set", { isTold, name: String(facts.name ?? "").slice(0, 120), email: String(facts.email ?? "").slice(0, 254) });
}

function greeted(event) {
  if (port || event.source !== window.parent || !origins.includes(event.origin)) return;
  const hello = event.data;
  if (hello?.ticketdesk !== "hello" || event.ports.length !== 1) return;
  site.referrer = String(hello.referrer ?? "").slice(0, 2000);
  [port] = event.ports;
  port.onmessage = ({ data }) => {
    if (data?.say === "open") show(true);
    else if (data?.say === "closed") show(false);
    else if (data?.say === "set") take(data, true);
    else if (data?.say === "identity" && data.identity) hand("identity", data.identity);
    else if (data?.say === "forget") hand("forget");
  };
  take(hello, false);
  if (hello.identity) hand("identity", hello.identity);
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
