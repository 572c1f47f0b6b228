// What is being typed is kept: on the server while there is a connection, on this device until it is there.
import { csrf } from "./requests.js";

const PAUSE = 800;
const RETRY = 5000;
const states = new WeakMap();

function boxes() {
  return document.querySelectorAll("[data-box]");
}

function state(box) {
  if (!states.has(box)) states.set(box, { timer: 0, under: null });
  return states.get(box);
}

function place(box, draft = box.dataset.draft) {
  return `td-draft:${box.dataset.owner}:${draft}`;
}

// storage may be closed or full: then words are kept on the server only
function kept(box, draft) {
  try {
    return JSON.parse(localStorage.getItem(place(box, draft)));
  } catch {
    return null;
  }
}

function keepHere(box) {
  try {
    localStorage.setItem(place(box), JSON.stringify({ text: box.elements.text.value }));
  } catch {
    // as above
  }
}

export function forgetHere(box, draft) {
  try {
    localStorage.removeItem(place(box, draft));
  } catch {
    // as above
  }
}

function formData(box) {
  const data = new FormData(box);
  for (const name of ["files", "csrf_token", "then"]) data.delete(name);
  return data;
}

function say(box, words) {
  const sign = box.querySelector("[data-saved]");
  if (sign.textContent !== words) sign.textContent = words;
}

// the ticket went out of reach: trying again would not help, and what stands here is kept until it can be copied
function shutOut(box) {
  box.dataset.dirty = "yes";
  keepHere(box);
  say(box, box.querySelector("[data-saved]").dataset.shutOut);
}

async function put(box, leaving) {
  const words = box.elements.text.value;
  box.dataset.dirty = "";
  try {
    const answer = await fetch(box.dataset.draft, {
      method: "PUT",
      body: formData(box),
      headers: { "X-CSRFToken": csrf(), Accept: "application/json" },
      keepalive: leaving,
    });
    if (answer.status === 204) return forgetHere(box); // it was sent meanwhile
    if (answer.status === 403 || answer.status === 404) return shutOut(box);
    const told = await answer.json();
    if (answer.status === 409 && told.text !== undefined) return offer(box, told.said, told.text, told);
    if (!answer.ok) throw new Error(String(answer.status));
    box.elements.revision.value = told.revision;
    say(box, told.said);
    if (box.elements.text.value === words) forgetHere(box);
  } catch {
    box.dataset.dirty = "yes";
    say(box, box.querySelector("[data-saved]").dataset.unsaved);
    if (box.isConnected) later(box, RETRY * (0.5 + Math.random()));
  }
}

function later(box, pause) {
  clearTimeout(state(box).timer);
  state(box).timer = setTimeout(save, pause, box);
}

// one request at a time, so that the newest words are the last to arrive
export async function save(box, leaving = false) {
  const own = state(box);
  clearTimeout(own.timer);
  if (leaving) return put(box, true);
  while (own.under) await own.under;
  if (!box.dataset.dirty) return undefined;
  own.under = put(box, false);
  await own.under;
  own.under = null;
  return undefined;
}

export function saveSoon(box) {
  box.dataset.dirty = "yes";
  keepHere(box);
  if (!isOffering(box)) later(box, PAUSE);
}

export function stop(box) {
  clearTimeout(state(box).timer);
}

// what is on its way is waited for as well, unless the page is left
export function saveAll(leaving = false) {
  const isUnsaved = (box) => box.dataset.dirty || (!leaving && states.get(box)?.under);
  const unsaved = [...boxes()].filter((box) => isUnsaved(box) && !isOffering(box));
  return Promise.all(unsaved.map((box) => save(box, leaving)));
}

// what of somebody's words is on this device alone
function keptOf(owner) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(`td-draft:${owner}:`));
  } catch {
    return [];
  }
}

export function keepsWordsOf(owner) {
  return keptOf(owner).length > 0;
}

export function forgetAllOf(owner) {
  for (const key of keptOf(owner)) localStorage.removeItem(key);
  for (const box of boxes()) box.dataset.dirty = "";
}

// --- words of one's own that stand elsewhere: nothing is overwritten, and nothing is lost

function isOffering(box) {
  return !box.querySelector("[data-other]").hidden;
}

function offer(box, why, words, { revision = "", part = "" } = {}) {
  const notice = box.querySelector("[data-other]");
  notice.dataset.revision = revision;
  notice.dataset.part = part;
  notice.hidden = false;
  notice.querySelector("[data-other-words]").textContent = words;
  notice.querySelector("[data-other-why]").textContent = why;
  say(box, "");
}

function settle(box, isTaken) {
  const notice = box.querySelector("[data-other]");
  const words = notice.querySelector("[data-other-words]").textContent;
  if (notice.dataset.revision) box.elements.revision.value = notice.dataset.revision;
  if (notice.dataset.part) forgetHere(box, notice.dataset.part);
  notice.hidden = true;
  if (isTaken) box.elements.text.value = words;
  box.elements.text.focus();
  saveSoon(box);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-other-take], [data-other-leave]");
  if (button) settle(button.closest("[data-box]"), button.hasAttribute("data-other-take"));
});

// what could not be saved last time is offered again; what stands here anyway is saved now
function recallOwn(box) {
  const before = kept(box);
  if (!before) return;
  if (!before.text.trim()) forgetHere(box);
  else if (before.text === box.elements.text.value) saveSoon(box);
  else offer(box, box.querySelector("[data-other]").dataset.unsaved, before.text);
}

// the same of a ticket that became part of this one before it could be saved
function recallParts(box) {
  for (const part of (box.dataset.parts ?? "").split(" ").filter(Boolean)) {
    const words = kept(box, part)?.text ?? "";
    if (!words.trim() || words === box.elements.text.value) forgetHere(box, part);
    else if (!isOffering(box)) offer(box, box.querySelector("[data-other]").dataset.unsavedPart, words, { part });
  }
}

function recall() {
  for (const box of boxes()) {
    if (states.has(box)) continue;
    state(box);
    recallOwn(box);
    recallParts(box);
  }
}

addEventListener("online", () => saveAll());
addEventListener("pagehide", () => saveAll(true));
document.addEventListener("focusout", (event) => {
  const box = event.target.closest?.("[data-box]");
  if (box?.dataset.dirty && !isOffering(box)) save(box);
});
addEventListener("beforeunload", (event) => {
  if ([...boxes()].some((box) => box.dataset.dirty)) event.preventDefault();
});
document.addEventListener("htmx:afterSettle", recall);
recall();
