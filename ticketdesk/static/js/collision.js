// Something came in while a reply was written: the dialog that says so, before anything is sent.
function ask() {
  const dialog = document.querySelector("dialog[data-stale]:not([data-asked])");
  if (!dialog) return;
  dialog.dataset.asked = "yes";
  dialog.removeAttribute("open"); // it stood open for pages without scripts
  dialog.showModal();
  dialog.addEventListener("close", () => edit(dialog));
  htmx.trigger(document.body, "bell-ticket"); // what it shows stands in the conversation as well
}

// the words are as they were, and the reply now answers what was shown
function edit(dialog) {
  const text = dialog.closest("[data-box]")?.elements.text;
  if (!text?.isConnected) return;
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-stale] [data-edit]");
  if (!button) return;
  event.preventDefault();
  button.closest("dialog").close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches?.("[data-stale] [data-edit]")) return;
  event.preventDefault(); // it is called a button, so it does as one
  event.target.click();
});

document.addEventListener("htmx:afterSettle", ask);
ask();
