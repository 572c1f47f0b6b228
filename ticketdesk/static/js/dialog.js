// Opens the browser's own dialogs; a click on the dark ground closes them.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    document.getElementById(opener.dataset.dialog)?.showModal();
    return;
  }
  if (event.target instanceof HTMLDialogElement) event.target.close();
});

export function anyDialogOpen() {
  return document.querySelector("dialog[open]") !== null;
}
