// What every request by htmx carries, and what happens when one fails.
import { failed, toast } from "./toast.js";

export function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrf();
});

// an error that comes with a fragment of its own (409, 422) speaks for itself
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) location.reload();
  else if (!event.detail.shouldSwap && ![409, 422].includes(xhr.status)) failed();
});

document.addEventListener("htmx:sendError", () => failed(true));
document.addEventListener("htmx:timeout", () => failed(true));

// the server says something short beside the fragment: HX-Trigger: {"said": "Assigned to you"}
document.addEventListener("said", (event) => toast(event.detail.value));
