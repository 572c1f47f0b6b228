// Mails shown as they were sent: the frame takes the height of its page, and shows what is quoted when asked for.
function fit(frame) {
  try {
    frame.style.height = "0"; // else the page is never smaller than the frame it lies in
    const page = frame.contentDocument.documentElement;
    const bar = page.scrollWidth > page.clientWidth ? 16 : 0; // a wide table scrolls inside
    frame.style.height = `${Math.min(page.scrollHeight + bar + 2, 4000)}px`;
  } catch {
    // a page of another origin keeps the height of the stylesheet
  }
}

document.addEventListener(
  "load",
  (event) => {
    if (event.target.matches?.("[data-sheet]")) fit(event.target);
  },
  true,
);

// one that was there before this module, and one in a fold that has just been opened
function fitLoaded(frame) {
  const page = frame.contentDocument;
  if (page?.readyState === "complete" && page.URL !== "about:blank") fit(frame);
}

document.querySelectorAll("[data-sheet]").forEach(fitLoaded);
document.addEventListener("toggle", (event) => event.target.querySelectorAll?.("[data-sheet]").forEach(fitLoaded), true);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sheet-whole]");
  if (!button) return;
  button.parentElement.querySelector("[data-sheet]").src = button.dataset.sheetWhole;
  button.remove();
});
