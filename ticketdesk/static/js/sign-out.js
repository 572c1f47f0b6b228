// Whoever signs out leaves no words in this browser: what is not saved yet is saved first, and what cannot be saved is
// forgotten only when they say so.
import { forgetAllOf, keepsWordsOf, saveAll } from "./draft.js";

const PATIENCE = 3000;

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-sign-out]");
  if (!form) return;
  event.preventDefault();
  await Promise.race([saveAll(), new Promise((then) => setTimeout(then, PATIENCE))]);
  if (keepsWordsOf(form.dataset.signOut) && !confirm(form.dataset.unsaved)) return;
  forgetAllOf(form.dataset.signOut);
  form.submit();
});
