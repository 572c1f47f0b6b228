// A few signs for those without a keyboard for them; they look as the visitor's system draws them.
import { insert } from "./widget-composer.js";

const menu = document.getElementById("emoji");

menu.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-emoji]");
  if (!chosen) return;
  menu.hidePopover();
  insert(chosen.textContent);
});
menu.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  const all = [...menu.querySelectorAll("[data-emoji]")];
  event.preventDefault();
  all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
});
