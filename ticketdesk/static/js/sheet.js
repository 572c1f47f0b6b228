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

document.addEventListener("undoable", close);
