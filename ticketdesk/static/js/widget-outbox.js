// Words on their way. Each has an id of this browser's making, so that sending it again makes no second message; it
// is kept until the server has it, over reloads and without a net. All tabs of a browser show and send the same ones,
// one tab at a time and the oldest first, so that they arrive in the order of writing.
import { page, say } from "./widget-page.js";
import { site } from "./widget-parent.js";
import { Away, Refused, ask, begin } from "./widget-server.js";
import * as store from "./widget-store.js";
import { refresh, toEnd, took, whenNew } from "./widget-talk.js";

const LONGEST_WAIT = 30_000;
const LONGEST_SILENCE = 9000; // after which we say that it was not sent yet
const talk = document.getElementById("talk");
const status = document.getElementById("status");
const pattern = document.getElementById("pending");
const writing = document.getElementById("writing");
const LOCK = `td-widget-out:${page.dataset.key}`;
const waiting = new Map(); // by id
const refused = new EventTarget();
let isSending = false;
let onTheirWay = Promise.resolve();
let tries = 0;
let timer = 0;
let notBefore = 0; // the server asked to be left alone until then

export function whenRefused(then) {
  refused.addEventListener("refused", (event) => then(event.detail));
}

function madeKey() {
  // randomUUID is for secure pages only, and a shop in a test network may be none
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function inOrder() {
  return [...waiting.values()].sort((one, other) => one.at - other.at);
}

// later than whatever was written before, in any tab and whatever the clock does
function moment() {
  const kept = store.names("out:").map((name) => store.get(name)?.at ?? 0);
  return Math.max(Date.now(), ...kept.map((at) => at + 1), ...[...waiting.values()].map((one) => one.at + 1));
}

function row(key) {
  return talk.querySelector(`[data-pending="${key}"]`);
}

function draw(letter) {
  const node = pattern.content.firstElementChild.cloneNode(true);
  node.dataset.pending = letter.key;
  node.querySelector("[data-text]").textContent = letter.text;
  node.querySelector("[data-text]").hidden = !letter.text;
  node.querySelector("[data-names]").textContent = letter.names.join(", ");
  node.querySelector("[data-names]").hidden = !letter.names.length;
  node.querySelector("[data-again]").addEventListener("click", () => again(letter));
  node.querySelector("[data-back]").addEventListener("click", () => takeBack(letter));
  const next = inOrder().find((other) => other.at > letter.at && row(other.key));
  talk.insertBefore(node, next ? row(next.key) : writing);
  toEnd();
}

// state: "sending", "waiting" (we will try again by ourselves) or "refused" (trying again cannot help)
function mark(letter, state, text = "") {
  const before = letter.state;
  letter.state = state;
  const node = row(letter.key);
  if (!node) return;
  node.dataset.state = state;
  node.querySelector("[data-told]").textContent = text || say(state);
  if (before !== state && state !== "sending") status.textContent = text || say(state);
}

function drop(letter) {
  waiting.delete(letter.key);
  store.remove(`out:${letter.key}`);
  row(letter.key)?.remove();
}

function again(letter) {
  if (letter.isElsewhere) {
    mark(letter, "refused", say("filesGone")); // with the tab that had them
    return;
  }
  mark(letter, "sending");
  sayLate(letter);
  tries = 0;
  flush();
}

function takeBack(letter, error = null) {
  drop(letter);
  refused.dispatchEvent(new CustomEvent("refused", { detail: { text: letter.text, files: letter.files, error } }));
}

export function send(text, files) {
  const letter = { key: madeKey(), at: moment(), text, files, names: files.map((file) => file.name), state: "" };
  waiting.set(letter.key, letter);
  store.set(`out:${letter.key}`, { at: letter.at, text, names: letter.names });
  draw(letter);
  mark(letter, "sending");
  sayLate(letter);
  flush();
}

// also where another tab has its turn: nobody waits for long without being told
function sayLate(letter) {
  setTimeout(() => {
    if (letter.state === "sending" && !letter.files.length && waiting.has(letter.key)) mark(letter, "waiting");
  }, LONGEST_SILENCE);
}

// a letter of another tab, or from before the page was loaded; its files are there, or gone with that page
function adopt(key, state) {
  const kept = store.get(`out:${key}`);
  if (waiting.has(key) || typeof kept?.text !== "string") return;
  const letter = { key, ...kept, files: [], state: "", isElsewhere: kept.names.length > 0 };
  waiting.set(key, letter);
  draw(letter);
  mark(letter, state);
  sayLate(letter);
}

export function restore() {
  const kept = store.names("out:").map((name) => ({ key: name.slice("out:".length), at: store.get(name)?.at ?? 0 }));
  for (const { key } of kept.sort((one, other) => one.at - other.at)) {
    adopt(key, "waiting");
    const letter = waiting.get(key);
    if (letter?.isElsewhere) mark(letter, "refused", say("filesGone"));
  }
}

// What could not be sent before the site said who its visitor is, is theirs: it goes under their name, or not at all.
export async function inherit() {
  await inTurn(() => store.inherit("out:"));
  restore();
  flush();
}

export function isEmpty() {
  return waiting.size === 0;
}

function showProgress(letter, part) {
  const bar = row(letter.key)?.querySelector("progress");
  if (!bar) return;
  bar.hidden = part >= 1;
  bar.value = part;
}

// When the server has said what became of the words that are on their way to it; soon where none are.
export function answered() {
  return onTheirWay;
}

async function posted(letter) {
  const fields = { text: letter.text, client_key: letter.key, page: site.page, files: letter.files };
  const told = letter.files.length ? (part) => showProgress(letter, part) : null;
  const answer = await ask("/messages", { fields, told });
  const html = await answer.text();
  drop(letter);
  took(html, Number(answer.headers.get("X-Seq")) || 0);
  toEnd();
}

async function deliver(letter) {
  await begin();
  const post = posted(letter);
  onTheirWay = post.catch(() => {});
  await post;
}

// True when the next one may go.
async function tried(letter) {
  try {
    await deliver(letter);
    tries = 0;
    return true;
  } catch (error) {
    if (error instanceof Away) {
      later(error.wait * 1000);
      for (const one of waiting.values()) if (one.state === "sending") mark(one, "waiting");
      return false;
    }
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) {
      if (tries > 1) mark(letter, "waiting");
      else later(0); // a new visit begins with the same words
      tries += 1;
      return false;
    }
    if (error.fields.name || error.fields.email || error.fields.topic) {
      takeBack(letter, error); // who writes must be said first
      return true;
    }
    mark(letter, "refused", error.message);
    return true;
  }
}

function later(least) {
  clearTimeout(timer);
  const wait = Math.min(LONGEST_WAIT, 1500 * 2 ** tries) * (0.5 + Math.random());
  tries += 1;
  notBefore = Date.now() + least;
  timer = setTimeout(flush, Math.max(least, wait));
}

// sent or taken back by another tab
function isGone(letter) {
  return store.isShared(`out:${letter.key}`) && store.get(`out:${letter.key}`) === null;
}

// one tab at a time
async function inTurn(what) {
  if (navigator.locks) await navigator.locks.request(LOCK, what);
  else await what();
}

async function flushed() {
  for (let letter = next(); letter; letter = next()) {
    if (isGone(letter)) {
      drop(letter);
      refresh();
    } else if (!(await tried(letter))) break;
  }
}

// The oldest that can go; what comes meanwhile, also from another tab, has its turn by when it was written.
function next() {
  return inOrder().find((letter) => letter.state !== "refused" && !letter.isElsewhere);
}

export async function flush() {
  if (isSending || Date.now() < notBefore || !next()) return;
  isSending = true;
  clearTimeout(timer);
  try {
    await inTurn(flushed);
  } finally {
    isSending = false;
  }
}

whenNew((event) => {
  const letter = waiting.get(event.detail);
  if (letter) drop(letter); // it had arrived, only the answer had not
});
addEventListener("online", () => {
  tries = 0;
  flush();
});
store.whenChangedElsewhere((name, isKept) => {
  if (!name.startsWith("out:")) return;
  const key = name.slice("out:".length);
  if (isKept) {
    adopt(key, "sending");
    flush(); // should that tab be closed before its turn
  } else if (waiting.has(key)) {
    drop(waiting.get(key));
    refresh();
  }
});
