// On a form: an article is read beside what was typed, never in place of it.
import "./form-files.js";

document.querySelector("[data-away]")?.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link) Object.assign(link, { target: "_blank", rel: "noopener" });
});
