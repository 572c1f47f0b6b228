// Popover menus: put under their button, walked with the arrow keys, closed by a choice.
const GAP = 4;

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

document.addEventListener("submit", (event) => {
  event.target.closest("[data-menu]")?.hidePopover?.();
});
