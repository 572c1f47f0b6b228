// Opening a ticket: of the fields of one's own those are shown that the chosen queue asks.
const part = document.querySelector("[data-asked-in]");
const queue = part && document.getElementById(part.dataset.askedIn);

function fit() {
  for (const one of part.querySelectorAll("[data-only-in]")) {
    one.hidden = !one.dataset.onlyIn.split(" ").includes(queue.value);
  }
  part.hidden = part.querySelector(":scope > div:not([hidden])") === null;
}

if (queue) {
  queue.addEventListener("change", fit);
  fit();
}
