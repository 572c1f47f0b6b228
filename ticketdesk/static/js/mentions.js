// Naming a colleague in a note: @ opens a list of those who can see the ticket; arrow keys, Enter or Tab choose one.
import { failed } from "./toast.js";

const NAMED = /(^|[\s(])@([^\s@](?:[^@\n]{0,40})|)$/u; // what stands before the cursor: a name may have a space in it
const FRESH = 30_000; // who sees a ticket may change

let known = { address: "", at: 0, names: "" };
let here = -1;

function parts(text) {
  const box = text.closest('[data-box="note"]');
  const list = box?.querySelector("[data-mentions]");
  return list ? { list, said: box.querySelector("[data-mentions-said]") } : null;
}

function options(list) {
  return [...list.querySelectorAll("[role=option]:not([hidden])")];
}

async function load(list) {
  const address = list.dataset.mentions;
  if (known.address === address && Date.now() - known.at < FRESH) {
    if (!list.childElementCount) list.innerHTML = known.names;
    return;
  }
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!answer.ok) throw new Error(String(answer.status));
  known = { address, at: Date.now(), names: await answer.text() };
  list.innerHTML = known.names; // our own fragment, escaped by the server
}

function wanted(text) {
  if (text.selectionStart !== text.selectionEnd) return null;
  const found = NAMED.exec(text.value.slice(0, text.selectionStart));
  return found ? found[2].toLowerCase() : null;
}

function close(text) {
  const of = parts(text);
  if (!of || of.list.hidden) return;
  of.list.hidden = true;
  here = -1;
  text.removeAttribute("aria-activedescendant");
  of.said.textContent = "";
}

function mark(text, list, to) {
  const all = options(list);
  here = (to + all.length) % all.length;
  for (const [place, one] of all.entries()) one.setAttribute("aria-selected", String(place === here));
  text.setAttribute("aria-activedescendant", all[here].id);
  all[here].scrollIntoView({ block: "nearest" });
}

function fits(one, begun) {
  const name = one.dataset.name.toLowerCase();
  return name.startsWith(begun) || name.split(/\s+/).some((word) => word.startsWith(begun));
}

async function look(text) {
  const of = parts(text);
  if (!of) return;
  if (wanted(text) === null) {
    close(text);
    return;
  }
  try {
    await load(of.list);
  } catch {
    failed(true);
    return;
  }
  const begun = wanted(text); // it may have changed meanwhile
  if (begun === null || document.activeElement !== text) {
    close(text);
    return;
  }
  for (const one of of.list.querySelectorAll("[role=option]")) one.hidden = !fits(one, begun);
  const found = options(of.list);
  if (!found.length) {
    close(text);
    if (begun && !begun.includes(" ")) of.said.textContent = of.said.dataset.none;
    return;
  }
  of.list.hidden = false;
  const words = of.said.dataset.some.replace("{n}", found.length);
  if (of.said.textContent !== words) of.said.textContent = words;
  mark(text, of.list, 0);
}

function choose(text, one) {
  const begun = wanted(text) ?? "";
  const end = text.selectionStart;
  const name = `@${one.dataset.mention} `;
  const start = end - begun.length - 1;
  const after = text.value.slice(end);
  text.setRangeText(name, start, after.startsWith(" ") ? end + 1 : end, "end");
  close(text);
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

function isNote(target) {
  return target.matches?.('[data-box="note"] textarea') ?? false;
}

document.addEventListener("input", (event) => {
  if (isNote(event.target) && !event.isComposing) look(event.target);
});

document.addEventListener(
  "keydown",
  (event) => {
    if (!isNote(event.target) || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const list = parts(event.target)?.list;
    if (!list || list.hidden) return;
    if (event.key === "ArrowDown") mark(event.target, list, here + 1);
    else if (event.key === "ArrowUp") mark(event.target, list, here - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) choose(event.target, options(list)[here]);
    else if (event.key === "Escape") close(event.target);
    else return;
    event.preventDefault();
    event.stopPropagation(); // Escape would leave the field, Enter would break the line
  },
  true,
);

// before the field loses the focus
document.addEventListener("pointerdown", (event) => {
  const one = event.target.closest?.("[data-mentions] [role=option]");
  if (!one) return;
  event.preventDefault();
  choose(one.closest("[data-box]").elements.text, one);
});

document.addEventListener("focusout", (event) => {
  if (isNote(event.target)) close(event.target);
});
