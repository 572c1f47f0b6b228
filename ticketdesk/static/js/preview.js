// Shows what a form would make, in a frame beside it, while one types.
const PAUSE = 350;
const frame = document.querySelector("[data-preview]");
const form = document.querySelector("[data-previewed]");
const choice = document.querySelector("[data-preview-choice]");
let timer = 0;

function show() {
  const query = new URLSearchParams();
  for (const [name, value] of [...new FormData(form), ...new FormData(choice)]) {
    if (name !== "csrf_token" && name !== "origins" && typeof value === "string") query.set(name, value);
  }
  const address = `${frame.dataset.preview}?${query}`;
  if (frame.dataset.shown === address) return;
  frame.dataset.shown = address;
  frame.contentWindow.location.replace(address); // no step back for every letter
}

function showSoon(event) {
  if (event.target.form !== form && event.target.form !== choice) return;
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE);
}

if (frame && form) {
  document.addEventListener("input", showSoon);
  show();
}
