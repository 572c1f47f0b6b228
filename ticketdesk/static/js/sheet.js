// The dialog that is filled by the server: opened when something is put into it, emptied when it is closed.
const sheet = document.getElementById("sheet");

function close() {
  if (sheet?.open) sheet.close();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target !== sheet) return;
  if (!sheet.open) sheet.showModal();
  sheet.querySelector("[autofocus]")?.focus();
});

sheet?.addEventListener("close", () => sheet.replaceChildren());

document.addEventListener("undoable", (event) => {
  if (!event.detail.stays) close(); // else it says more than the words beside the way back
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.target.matches?.("#sheet [data-closes-sheet]")) close();
});
