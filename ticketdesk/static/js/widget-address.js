// Who writes: asked beside the first message, never in front of it; and where answers may go by mail.
import { page, say } from "./widget-page.js";
import { Away, Refused, ask, token } from "./widget-server.js";
import * as store from "./widget-store.js";
import { whenNew } from "./widget-talk.js";

const FIELDS = ":is(input, select)[name]";
const form = document.getElementById("address");
const opener = document.getElementById("address-open");
const status = document.getElementById("status");
const told = document.getElementById("address-told");
const begin = document.getElementById("who");
const asked = page.querySelector("[data-ask-address]");
let afterwards = null;

function complain(box, fields) {
  let first = null;
  for (const input of box.querySelectorAll(FIELDS)) {
    const text = [fields[input.name]].flat()[0] ?? "";
    const error = document.getElementById(`${input.id}-error`);
    error.textContent = text;
    error.hidden = !text;
    input.toggleAttribute("aria-invalid", Boolean(text));
    if (text) input.setAttribute("aria-invalid", "true");
    first ??= text ? input : null;
  }
  first?.focus();
}

// What is wrong with the answers beside the first message, as the server will see it.
function missing(box) {
  const fields = {};
  for (const input of box.querySelectorAll(FIELDS)) {
    if (input.required && !input.value.trim()) fields[input.name] = say("needed");
    else if (input.type === "email" && input.value.trim() && !input.validity.valid) fields[input.name] = say("noAddress");
  }
  return fields;
}

function filled(box) {
  const pairs = [...box.querySelectorAll(FIELDS)].map((input) => [input.name, input.value.trim()]);
  return Object.fromEntries(pairs.filter(([, value]) => value));
}

// Whether one may write now; if not, the first gap has the focus.
export function knowsWho() {
  if (token() || !begin) return true;
  const fields = missing(begin);
  complain(begin, fields);
  if (Object.keys(fields).length) return false;
  keep(filled(begin));
  return true;
}

export function complainAboutWho(fields) {
  if (begin && !token()) complain(begin, fields);
}

function keep(who) {
  store.set("who", { ...store.get("who"), ...who });
  tell();
}

// where nobody is here just now, an address is asked for again, quietly, once there are words to answer
function tell() {
  const { email } = store.get("who") ?? {};
  if (asked) asked.hidden = Boolean(email) || !page.hasAttribute("data-begun");
  told.hidden = !email;
  told.textContent = email ? say("goesTo", { address: email }) : "";
}

// Do something that needs an address: at once where one is known, else when it was given.
export function whereTo(then) {
  if (store.get("who")?.email) {
    then();
    return;
  }
  show(true);
  afterwards = then;
}

function show(isWanted) {
  afterwards = null;
  form.hidden = !isWanted;
  opener.setAttribute("aria-expanded", String(isWanted));
  if (isWanted) form.elements.email.focus();
}

async function save() {
  const fields = missing(form);
  complain(form, fields);
  if (Object.keys(fields).length) return;
  const given = filled(form);
  try {
    if (token()) await ask("/address", { fields: given });
    keep(given);
    const then = afterwards;
    show(false);
    status.textContent = told.textContent;
    document.getElementById("text").focus();
    then?.();
  } catch (error) {
    if (error instanceof Refused) complain(form, error.fields.email || error.fields.name ? error.fields : { email: error.message });
    else if (error instanceof Away) complain(form, { email: say("notNow") });
    else throw error;
  }
}

opener.addEventListener("click", () => {
  document.getElementById("more").hidePopover?.();
  show(form.hidden);
});
asked?.addEventListener("click", () => show(true));
whenNew(tell);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
form.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.preventDefault(); // closes this, not the chat
  show(false);
  document.getElementById("text").focus();
});
form.querySelector("[data-cancel]").addEventListener("click", () => show(false));

for (const box of [begin, form]) {
  for (const input of box?.querySelectorAll(FIELDS) ?? []) input.value = (store.get("who") ?? {})[input.name] ?? "";
}
begin?.addEventListener("change", () => store.set("who", { ...store.get("who"), ...filled(begin) }));
tell();
