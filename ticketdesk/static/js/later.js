// Choosing when: typing a time of one's own chooses it; what waits for its time is no draft any more.
import { forgetHere } from "./draft.js";

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-when-typed]")) return;
  event.target.form.querySelector("[data-when-own]").checked = true;
});

document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-when-own]")) return;
  event.target.form.querySelector("[data-when-typed]").focus();
});

// the server has it as a draft by then, with the same words
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.successful || !event.detail.elt.matches?.("[data-send-later], [data-later]")) return;
  const box = document.querySelector('#composer [data-box="reply"]');
  if (!box) return;
  box.dataset.dirty = "";
  forgetHere(box);
});
