// From the reason of a clock to the event that caused it, where the conversation on this page shows it.
const LONG_ENOUGH = 2400;

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-entry]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const name = CSS.escape(link.dataset.entry);
  const entry = document.querySelector(`#talk [data-part="${name}"]`) ?? document.querySelector(`#entry-${name}`);
  if (!entry) return; // too old for this page: the link leads to where it is
  event.preventDefault();
  if (location.hash === "#side") location.hash = "#talk";
  entry.closest("details")?.setAttribute("open", "");
  entry.tabIndex = -1;
  entry.focus({ preventScroll: true });
  entry.scrollIntoView({ block: "center" });
  entry.classList.add("td-found");
  setTimeout(() => entry.classList.remove("td-found"), LONG_ENOUGH);
});
