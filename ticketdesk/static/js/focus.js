// After a form was refused, the summary of what is wrong takes the focus.
document.querySelector("[data-focus]")?.focus();
document.addEventListener("htmx:afterSwap", () => document.querySelector("[data-focus]")?.focus());
