// Popover menus: put under their button, walked with the arrow keys or by first letters, closed by a choice.
const GAP = 4;
const PAUSE = 1000; // after which letters begin anew
let letters = "";
let timer = 0;

function place(menu, opener) {
  const from = opener.getBoundingClientRect();
  menu.classList.add("is-placed");
  const width = menu.offsetWidth;
  const height = menu.offsetHeight;
  const left = Math.max(8, Math.min(from.left, innerWidth - width - 8));
  const below = from.bottom + GAP;
  const top = below + height <= innerHeight - 8 ? below : Math.max(8, from.top - GAP - height);
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}

function items(menu) {
  return [...menu.querySelectorAll("button:not(:disabled), a[href], input:not([type=hidden])")];
}

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || !menu.matches("[data-menu]") || event.newState !== "open") return;
    letters = "";
    const opener = document.querySelector(`[popovertarget="${menu.id}"]`);
    if (opener) place(menu, opener);
    (menu.querySelector("[autofocus]") ?? menu.querySelector("[aria-current]") ?? items(menu)[0])?.focus();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-menu]");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const all = items(menu);
  const here = all.indexOf(document.activeElement);
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[event.key];
  event.preventDefault();
  all.at(next % all.length)?.focus();
});

function begins(item) {
  return item.textContent.trim().toLowerCase().startsWith(letters);
}

// the same letter again goes on to the next that begins with it
function chooseByLetters(menu, letter) {
  clearTimeout(timer);
  timer = setTimeout(() => (letters = ""), PAUSE);
  if (letters !== letter) letters += letter;
  const all = items(menu);
  const here = all.indexOf(document.activeElement);
  const from = letters.length === 1 ? here + 1 : Math.max(here, 0);
  [...all.slice(from), ...all.slice(0, from)].find(begins)?.focus();
}

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[data-menu]");
  if (!menu || event.key.length !== 1 || event.key === " " || event.target.matches("input, textarea, select")) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  event.preventDefault();
  chooseByLetters(menu, event.key.toLowerCase());
});

document.addEventListener("submit", (event) => {
  event.target.closest("[data-menu]")?.hidePopover?.();
});
