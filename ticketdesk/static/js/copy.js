// A button that copies what stands elsewhere on the page.
import { toast } from "./toast.js";

function select(node) {
  const range = document.createRange();
  range.selectNodeContents(node);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const node = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(node.textContent);
    toast(button.dataset.copied);
  } catch {
    select(node); // the clipboard is closed to pages without https: the reader's own keys still work
  }
});
