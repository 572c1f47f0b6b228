// Macros: a menu, filled when it opens and searched by typing, and a list that / opens in a reply; the words go in there.
import { completes } from "./completing.js";
import { csrf } from "./requests.js";
import { failed, toast } from "./toast.js";

function menu() {
  return document.getElementById("macros");
}

function find() {
  return menu()?.querySelector("[data-macros-find]");
}

function sheet() {
  return document.querySelector('#composer [data-box="reply"]');
}

async function fill(node) {
  const place = node.querySelector("[data-macros]");
  try {
    const answer = await fetch(place.dataset.macros, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(String(answer.status));
    place.querySelector("[data-macros-list]").innerHTML = await answer.text(); // our own fragment, escaped by the server
    filter();
  } catch {
    failed(true);
  }
}

function filter() {
  const wanted = (find()?.value ?? "").trim().toLowerCase().split(/\s+/);
  const all = [...menu().querySelectorAll("[data-macro]")];
  for (const one of all) {
    const words = one.textContent.toLowerCase();
    one.hidden = !wanted.every((word) => words.includes(word));
  }
  menu().querySelector("[data-macros-none]").hidden = all.length === 0 || all.some((one) => !one.hidden);
}

// the words go where the cursor is, with a line between them and what stands there already
function insert(box, words) {
  const text = box.elements.text;
  const before = text.value.slice(0, text.selectionStart);
  const after = text.value.slice(text.selectionEnd);
  const start = before.trim() ? `${before.trimEnd()}\n\n` : "";
  const end = after.trim() ? `\n\n${after.trimStart()}` : "";
  text.value = `${start}${words}${end}`;
  text.focus();
  text.setSelectionRange(start.length + words.length, start.length + words.length);
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

const busy = new WeakSet();

// `clear` takes away what was typed to find it, once the macro is used
async function use(address, clear = null) {
  const box = sheet();
  if (!box || busy.has(box)) return;
  busy.add(box);
  menu()?.hidePopover();
  try {
    const answer = await fetch(address, { method: "POST", headers: { "X-CSRFToken": csrf(), "HX-Request": "true" } });
    const refused = answer.headers.get("HX-Trigger");
    if (refused) document.dispatchEvent(new CustomEvent("refused", { detail: { value: JSON.parse(refused).refused } }));
    else if (!answer.ok) failed();
    else take(box, await answer.json(), clear);
  } catch {
    failed(true);
  } finally {
    busy.delete(box);
  }
}

// the words are for the reply that asked for them, not for whichever is open by now
function take(box, { text, said, missed }, clear) {
  const here = sheet();
  const isOpen = here?.dataset.draft === box.dataset.draft; // drawn anew meanwhile, it is the same reply
  if (isOpen) {
    document.querySelector('#composer [data-write="reply"]')?.click();
    if (here === box) clear?.();
    if (text) insert(here, text);
  }
  if (said) toast(said);
  if (text && !isOpen) toast(missed, { bad: true });
  htmx.trigger(document.body, "bell-ticket");
}

document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.id !== "macros" || event.newState !== "open") return;
    const field = find();
    field.value = "";
    field.focus();
    fill(event.target);
  },
  true,
);

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-macros-find]")) filter();
});

document.addEventListener("click", (event) => {
  const chosen = event.target.closest?.("[data-macro]");
  if (chosen) use(chosen.dataset.macro);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.("[data-macros-find]")) {
    event.preventDefault();
    const first = menu().querySelector("[data-macro]:not([hidden])");
    if (first) use(first.dataset.macro);
  }
});

completes({
  kind: "reply",
  sign: /(?:^|\s)\/([^\s/](?:[^/\n]{0,40})|)$/u, // a name may have spaces in it
  fits: (one, begun) => begun.split(/\s+/).every((word) => one.dataset.name.toLowerCase().includes(word)),
  isMeant: (one, begun) => one.dataset.name.toLowerCase() === begun.trim(), // else Enter breaks the line, as it was meant
  choose: (text, one, start, end) => {
    const typed = text.value.slice(start, end);
    use(one.dataset.uses, () => {
      if (!text.isConnected || text.value.slice(start, end) !== typed) return;
      text.setRangeText("", start, end, "end");
      text.dispatchEvent(new Event("input", { bubbles: true }));
    });
  },
});
