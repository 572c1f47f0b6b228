// A list over a field, opened by a sign before a word: filtered by letters; arrow keys, Enter or Tab choose, Escape closes.
import { failed } from "./toast.js";

const FRESH = 30_000; // what is offered may change

// `kind` is the sheet of the composer, `sign` finds what was begun (its last group), `fits` filters, `choose` puts in;
// `isMeant` tells which is chosen before anybody moves in the list: where none is, Enter and Tab do what they always do
export function completes({ kind, sign, fits, choose, isMeant = () => true }) {
  let known = { address: "", at: 0, items: null };
  let here = -1;
  let looks = 0;

  function parts(text) {
    const list = text.closest(`[data-box="${kind}"]`)?.querySelector("[data-completes]");
    return list ? { list, said: list.parentElement.querySelector("[data-completes-said]") } : null;
  }

  function options(list) {
    return [...list.querySelectorAll("[role=option]:not([hidden])")];
  }

  async function read(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  }

  // asked once, however many letters come until it is answered
  async function load(list) {
    const address = list.dataset.completes;
    if (known.address !== address || Date.now() - known.at >= FRESH) known = { address, at: Date.now(), items: read(address) };
    const mine = known;
    try {
      const items = await mine.items;
      if (list.completed === items && list.childElementCount) return;
      list.innerHTML = items; // our own fragment, escaped by the server
      list.completed = items;
    } catch (error) {
      if (known === mine) known = { address: "", at: 0, items: null };
      throw error;
    }
  }

  function begun(text) {
    if (text.selectionStart !== text.selectionEnd) return null;
    const found = sign.exec(text.value.slice(0, text.selectionStart));
    return found ? found.at(-1) : null;
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
    show(text, all);
    all[here].scrollIntoView({ block: "nearest" });
  }

  function show(text, all) {
    for (const [place, one] of all.entries()) one.setAttribute("aria-selected", String(place === here));
    if (here >= 0) text.setAttribute("aria-activedescendant", all[here].id);
    else text.removeAttribute("aria-activedescendant");
  }

  async function look(text) {
    const of = parts(text);
    if (!of) return;
    if (begun(text) === null) {
      close(text);
      return;
    }
    looks += 1;
    const own = looks;
    try {
      await load(of.list);
    } catch {
      if (own === looks) failed(true);
      return;
    }
    if (own !== looks) return; // a later letter looks; this one would take back what was chosen since
    const letters = begun(text)?.toLowerCase(); // it may have changed meanwhile
    if (letters === undefined || document.activeElement !== text) {
      close(text);
      return;
    }
    for (const one of of.list.querySelectorAll("[role=option]")) one.hidden = !fits(one, letters);
    const found = options(of.list);
    if (!found.length) {
      close(text);
      if (letters && !letters.includes(" ")) of.said.textContent = of.said.dataset.none;
      return;
    }
    of.list.hidden = false;
    const words = of.said.dataset.some.replace("{n}", found.length);
    if (of.said.textContent !== words) of.said.textContent = words;
    here = found.findIndex((one) => isMeant(one, letters));
    show(text, found);
    found[Math.max(here, 0)].scrollIntoView({ block: "nearest" });
  }

  function take(text, one) {
    const end = text.selectionStart;
    const start = end - (begun(text) ?? "").length - 1;
    close(text);
    choose(text, one, start, end);
  }

  function isOurs(target) {
    return target.matches?.(`[data-box="${kind}"] textarea`) ?? false;
  }

  document.addEventListener("input", (event) => {
    if (isOurs(event.target) && !event.isComposing) look(event.target);
  });

  document.addEventListener(
    "keydown",
    (event) => {
      if (!isOurs(event.target) || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const list = parts(event.target)?.list;
      if (!list || list.hidden) return;
      if (event.key === "Tab" && event.shiftKey) close(event.target); // back to what stands before it, not into the list
      if (event.key === "ArrowDown") mark(event.target, list, here + 1);
      else if (event.key === "ArrowUp") mark(event.target, list, Math.max(here, 0) - 1);
      else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && here >= 0) take(event.target, options(list)[here]);
      else if (event.key === "Escape") close(event.target);
      else return;
      event.preventDefault();
      event.stopPropagation(); // Escape would leave the field, Enter would break the line
    },
    true,
  );

  // before the field loses the focus
  document.addEventListener("pointerdown", (event) => {
    const one = event.target.closest?.(`[data-box="${kind}"] [data-completes] [role=option]`);
    if (!one) return;
    event.preventDefault();
    take(one.closest("[data-box]").elements.text, one);
  });

  document.addEventListener("focusout", (event) => {
    if (isOurs(event.target)) close(event.target);
  });
}
