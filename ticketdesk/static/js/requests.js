// What every request by htmx carries, and what happens when one fails.
import { failed, toast } from "./toast.js";

export function csrf() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

document.addEventListener("htmx:configRequest", (event) => {
  const { headers, verb } = event.detail;
  if (verb !== "get") headers["X-CSRFToken"] = csrf();
  const end = document.getElementById("end");
  if (end) headers["X-Seen-Seq"] = end.dataset.seq;
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) location.reload();
  else if (!xhr.getResponseHeader("HX-Trigger") && !xhr.getResponseHeader("HX-Retarget")) failed();
});

document.addEventListener("htmx:sendError", () => failed(true));
document.addEventListener("htmx:timeout", () => failed(true));

// short words of the server beside a fragment, in its HX-Trigger header
document.addEventListener("said", (event) => toast(event.detail.value));
document.addEventListener("refused", (event) => toast(event.detail.value, { bad: true }));
