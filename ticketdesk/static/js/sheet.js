// The dialog that is filled by the server: opened when something is put into it, emptied when it is closed.
import { toast } from "./toast.js";

const LONG_ENOUGH = 12_000;
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

// what was just done, with the way back
document.addEventListener("undoable", (event) => {
  const { said, undo, address } = event.detail;
  close();
  toast(said, {
    lasts: LONG_ENOUGH,
    action: { text: undo, run: () => htmx.ajax("POST", address, { source: "#talk", swap: "none" }) },
  });
});
