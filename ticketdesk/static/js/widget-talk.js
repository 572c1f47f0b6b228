// The talk as the server knows it, in its order, with the words that are still on their way below it.
import { page } from "./widget-page.js";
import { isOpen, tellUnread, whenToggled } from "./widget-parent.js";
import { Away, Refused, ask, token, whenForgotten } from "./widget-server.js";
import { dressFiles } from "./widget-files.js";

const NEAR = 80;
const FULL = 200; // as many as one answer holds
const OWN_FOR = 3000; // so long after it was taken what rings with the number of our own letter is that letter
const talk = document.getElementById("talk");
const writing = document.getElementById("writing");
const news = new EventTarget();
let seq = 0;
let unread = 0;
let told = 0;
let asking = null;
let isAskedAgain = false;
let isKnown = false; // what was said before is there
let seen = 0;
let standing = "";
let own = { end: 0, at: 0 }; // the letter of ours that the server took last

export function whenNew(then) {
  news.addEventListener("new", then);
}

// An answer came that was not there when the page was opened.
export function whenAnswered(then) {
  news.addEventListener("answered", then);
}

// How the talk stands: "none", "open", "over", or "asked" when it is over and may be rated.
export function whenStanding(then) {
  news.addEventListener("standing", (event) => then(event.detail));
}

// The number up to which somebody of us has read the visitor's words.
export function whenSeenUpTo(then) {
  news.addEventListener("seen", (event) => then(event.detail));
}

// The name of who answers; empty while nobody does.
export function whenWith(then) {
  news.addEventListener("with", (event) => then(event.detail));
}

function tellOf(what, detail) {
  news.dispatchEvent(new CustomEvent(what, { detail }));
}

function rows() {
  return [...talk.querySelectorAll("[data-seq]")];
}

export function isNearEnd() {
  return talk.scrollHeight - talk.scrollTop - talk.clientHeight < NEAR;
}

export function toEnd() {
  talk.scrollTop = talk.scrollHeight;
}

// by the visitor's own clock, which the server does not know
function tell(time) {
  const at = new Date(time.dateTime);
  const isToday = at.toDateString() === new Date().toDateString();
  const lang = document.documentElement.lang;
  const day = isToday ? {} : { day: "numeric", month: "short" };
  time.textContent = at.toLocaleString(lang, { hour: "2-digit", minute: "2-digit", ...day });
  time.title = at.toLocaleString(lang, { dateStyle: "full", timeStyle: "short" });
}

// A message comes once under its key, whatever number it has by now; one's own takes the place of what was waiting.
function put(row) {
  const { key, seq: number } = row.dataset;
  document.getElementById(row.id)?.remove();
  talk.querySelector(`[data-pending="${CSS.escape(key)}"]`)?.remove();
  const next = rows().find((other) => Number(other.dataset.seq) > Number(number));
  talk.insertBefore(row, next ?? talk.querySelector("[data-pending]") ?? writing);
  dressFiles(row);
  row.querySelectorAll("time").forEach(tell);
  page.toggleAttribute("data-begun", true);
  tellOf("new", key);
  if (isKnown && !row.matches(".td-chat__row--out, .td-chat__row--system")) tellOf("answered", key);
}

// when an answer may be expected, in the server's words; nothing once it came
function expect(words) {
  if (words === undefined) return;
  const line = document.getElementById("expect");
  line.hidden = !words;
  line.querySelector("span").textContent = words;
}

function accept(html) {
  const wasNearEnd = isNearEnd();
  const parsed = document.createElement("template");
  parsed.innerHTML = html; // our own fragment, escaped by the server
  const found = [...parsed.content.querySelectorAll("[data-seq]")];
  found.forEach(put);
  expect(parsed.content.querySelector("[data-expect]")?.textContent);
  tellOf("seen", seen);
  if (wasNearEnd) toEnd();
  return found.map((row) => Number(row.dataset.seq));
}

// The server took our own letter, and says how far the talk is now: where nothing else came, all of it is here.
export function took(html, end) {
  const isNewest = accept(html).includes(end);
  if (!isNewest || !isKnown || seq === 0 || standing !== "open" || end !== seq + 1) return;
  seq = end;
  own = { end, at: performance.now() };
}

// Whether what rings with a number is most likely our own letter, which is here.
export function isOwn(number) {
  return number === seq && number === own.end && performance.now() - own.at < OWN_FOR;
}

function clear() {
  for (const row of rows()) row.remove();
  seq = 0;
  told = 0;
  unread = 0;
  tellUnread(0);
  page.toggleAttribute("data-begun", false);
  standing = "none";
  tellOf("standing", standing);
}

async function fetched() {
  const as = token();
  const known = seq;
  const answer = await ask(`/talk?after=${known}`);
  const html = await answer.text();
  if (as !== token()) return;
  const end = Number(answer.headers.get("X-Seq")) || 0;
  if (end < known) {
    clear(); // the ticket went on in another one
    isAskedAgain = true;
    return;
  }
  const came = accept(html);
  isKnown = true;
  seen = Number(answer.headers.get("X-Seen")) || 0;
  tellOf("seen", seen);
  standing = answer.headers.get("X-State") ?? "";
  tellOf("standing", standing);
  tellOf("with", decodeURIComponent(answer.headers.get("X-With") ?? ""));
  isAskedAgain ||= known > 0 && came.length >= FULL;
  seq = Math.max(seq, end);
  unread = Number(answer.headers.get("X-Unread")) || 0;
  await read();
}

// Fetch what is new; asked for while on its way, it is fetched once more. True when the server answered.
export async function refresh() {
  isAskedAgain = true;
  asking ??= (async () => {
    try {
      while (isAskedAgain && token()) {
        isAskedAgain = false;
        await fetched();
      }
      return true;
    } catch (error) {
      if (error instanceof Away) return false;
      if (error instanceof Refused) return true;
      throw error;
    } finally {
      asking = null;
    }
  })();
  return asking;
}

async function read() {
  const last = Math.max(0, ...rows().map((row) => Number(row.dataset.seq)));
  if (!isOpen() || last <= told) {
    tellUnread(isOpen() ? 0 : unread);
    return;
  }
  tellUnread(0);
  if (unread > 0) await ask("/read", { fields: { seq: String(last) } });
  unread = 0;
  told = last;
}

whenForgotten(clear);
whenToggled(() => {
  if (isOpen()) read().catch(() => {}); // told again with the next words
});
