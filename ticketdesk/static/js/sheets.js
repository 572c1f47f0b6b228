// Mails shown as they were sent: the frame takes the height of its page; pictures from outside only when asked for.
function fit(frame) {
  try {
    const height = frame.contentDocument.documentElement.scrollHeight;
    frame.style.height = `${Math.min(height + 8, 4000)}px`;
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

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sheet-pictures]");
  if (!button) return;
  button.closest("details").querySelector("[data-sheet]").src = button.dataset.sheetPictures;
  button.remove();
});
