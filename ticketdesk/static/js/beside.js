// Writing to people outside: Ctrl+Enter sends, and the files that were chosen are named.
const FORMS = ".td-outside__form, .td-ask-out";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest?.(FORMS);
  if (!form) return;
  event.preventDefault();
  if (!form.matches(".htmx-request")) form.requestSubmit();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches?.(".td-outside__form input[type=file]")) return;
  const names = [...event.target.files].map((file) => file.name).join(", ");
  event.target.form.querySelector("[data-chosen]").textContent = names;
});
