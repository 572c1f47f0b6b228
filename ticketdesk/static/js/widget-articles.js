// What the help centre says to the first words while they are written: quiet links above the field, and an article to
// be read here, with a way back. Nothing is asked once a talk has begun.
import { close } from "./widget-parent.js";
import { page, say } from "./widget-page.js";
import { Away, Refused, ask } from "./widget-server.js";
import * as store from "./widget-store.js";
import { whenNew } from "./widget-talk.js";

const PAUSE = 400;
const SHORTEST = 3;
const text = document.getElementById("text");
const box = document.getElementById("articles");
const list = box.querySelector("ul");
const reading = document.getElementById("reading");
const place = reading.querySelector("[data-page]");
const thanks = reading.querySelector("[data-thanks]");
const asked = reading.querySelector("[data-ask]");
const status = document.getElementById("status");
let timer = 0;
let looked = "";
let opener = null;

function hide() {
  clearTimeout(timer);
  looked = "";
  box.hidden = true;
  list.replaceChildren();
}

// what cannot be had is not missed: these are suggestions
async function fragment(path) {
  try {
    const answer = await ask(path);
    const parsed = document.createElement("template");
    parsed.innerHTML = await answer.text(); // our own fragment, escaped by the server
    return parsed.content;
  } catch (error) {
    if (error instanceof Away || error instanceof Refused) return null;
    throw error;
  }
}

async function look() {
  const words = text.value.trim();
  if (page.hasAttribute("data-begun") || words.length < SHORTEST) {
    hide();
    return;
  }
  if (words === looked) return;
  looked = words;
  const found = await fragment(`/articles?q=${encodeURIComponent(words.slice(0, 200))}`);
  if (looked !== words || page.hasAttribute("data-begun")) return; // something else is written by now
  const before = list.textContent;
  list.replaceChildren(...(found?.children ?? []));
  box.hidden = !list.children.length;
  if (list.children.length && list.textContent !== before) status.textContent = say("found", { n: list.children.length });
}

async function open(link) {
  const found = await fragment(`/articles/${encodeURIComponent(link.dataset.article)}`);
  if (!found) return;
  opener = link;
  place.replaceChildren(found);
  place.scrollTop = 0;
  thanks.hidden = true;
  asked.hidden = false;
  reading.hidden = false;
  place.querySelector("h2").focus({ preventScroll: true });
}

function back() {
  reading.hidden = true;
  if (opener?.isConnected) opener.focus();
  else text.focus();
}

// a random word by which this browser counts once, as in the help centre
function browser() {
  const known = store.get("browser");
  if (known) return known;
  const made = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  store.set("browser", made);
  return made;
}

async function helped() {
  const { slug } = place.querySelector("[data-slug]").dataset;
  try {
    await ask(`/articles/${encodeURIComponent(slug)}/vote`, { fields: { helpful: "yes", browser: browser() } });
  } catch (error) {
    if (!(error instanceof Away || error instanceof Refused)) throw error; // it helped all the same
  }
  thanks.textContent = say("gladToHear");
  thanks.hidden = false;
  asked.hidden = true;
  setTimeout(() => {
    if (reading.hidden || thanks.hidden) return;
    hide();
    back();
    close();
  }, 2500);
}

text.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE);
});
list.addEventListener("click", (event) => {
  const link = event.target.closest("[data-article]");
  if (link) open(link);
});
reading.addEventListener("click", (event) => {
  if (event.target.closest("[data-back]")) back();
  else if (event.target.closest("[data-helped]")) helped();
});
reading.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.preventDefault(); // closes this, not the chat
  back();
});
whenNew(hide);
