// Words on their way. Each has an id of this browser's making, so that sending it again makes no second message; it
// is kept until the server has it, over reloads and without a net.
import { say } from "./widget-page.js";
import { site } from "./widget-parent.js";
import { Away, Refused, ask, begin } from "./widget-server.js";
import * as store from "./widget-store.js";
import { accept, toEnd, whenNew } from "./widget-talk.js";

const LONGEST_WAIT = 30_000;
const talk = document.getElementById("talk");
const status = document.getElementById("status");
const pattern = document.getElementById("pending");
const waiting = new Map(); // by id, in the order of writing
const refused = new EventTarget();
let isSending = false;
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
  talk.append(node);
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
  mark(letter, "sending");
  tries = 0;
  flush();
}

function takeBack(letter, error = null) {
  drop(letter);
  refused.dispatchEvent(new CustomEvent("refused", { detail: { text: letter.text, files: letter.files, error } }));
}

export function send(text, files) {
  const letter = { key: madeKey(), at: Date.now(), text, files, names: files.map((file) => file.name), state: "" };
  waiting.set(letter.key, letter);
  store.set(`out:${letter.key}`, { at: letter.at, text, names: letter.names });
  draw(letter);
  mark(letter, "sending");
  flush();
}

// a letter kept from before the page was loaded; its files are gone with that page
export function restore() {
  const kept = store.names("out:").map((name) => ({ key: name.slice("out:".length), ...store.get(name) }));
  for (const letter of kept.sort((one, other) => one.at - other.at)) {
    if (waiting.has(letter.key) || typeof letter.text !== "string") continue;
    waiting.set(letter.key, { ...letter, files: [], state: "" });
    draw(waiting.get(letter.key));
    if (letter.names.length) mark(waiting.get(letter.key), "refused", say("filesGone"));
    else mark(waiting.get(letter.key), "waiting");
  }
}

export function isEmpty() {
  return waiting.size === 0;
}

async function deliver(letter) {
  await begin();
  const fields = { text: letter.text, client_key: letter.key, page: site.page, files: letter.files };
  const answer = await ask("/messages", { fields });
  drop(letter);
  accept(await answer.text());
  toEnd();
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
    if (error.fields.name || error.fields.email) {
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

// One after the other, so that they arrive in the order of writing; what is written meanwhile comes last.
export async function flush() {
  if (isSending || Date.now() < notBefore) return;
  isSending = true;
  clearTimeout(timer);
  try {
    for (const letter of waiting.values()) {
      if (letter.state !== "refused" && !(await tried(letter))) break;
    }
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
