// The bell's question for a place that left the page: its answer would reach nothing. What stands there now asks instead.
const asking = new WeakSet();

function ringOf(node) {
  const [ring] = (node.getAttribute("hx-trigger") ?? "").split(" ");
  return ring.startsWith("bell-") ? ring : null;
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (ringOf(detail.elt)) asking.add(detail.elt);
});
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => asking.delete(detail.elt));

document.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
  if (!asking.delete(target)) return;
  target.addEventListener("htmx:beforeOnLoad", (event) => event.preventDefault());
  setTimeout(() => htmx.trigger(document.body, ringOf(target)));
});
