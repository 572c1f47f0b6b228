// Mails shown as they were sent: the frame takes the height of its page; pictures from outside only when asked for.
function fit(frame) {
  try {
    frame.style.height = "0"; // else the page is never smaller than the frame it lies in
    const height = frame.contentDocument.documentElement.scrollHeight;
    frame.style.height = `${Math.min(height + 2, 4000)}px`;
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
