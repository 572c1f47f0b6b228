// Space and the keys of pages scroll the conversation while its heading, or nothing, has the focus; there they move nothing.
import { anyDialogOpen } from "./dialog.js";

const SHARE = 0.85; // of what is shown, so that the eye finds its line again

function wanted(event, node) {
  const page = node.clientHeight * SHARE;
  if (event.key === " ") return node.scrollTop + (event.shiftKey ? -page : page);
  return { PageDown: node.scrollTop + page, PageUp: node.scrollTop - page, Home: 0, End: node.scrollHeight }[event.key];
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target !== document.body && !event.target.matches("[data-open-focus]:not(textarea, input)")) return;
  if (anyDialogOpen() || document.querySelector(":popover-open")) return;
  const node = document.getElementById("scroll");
  const top = node ? wanted(event, node) : undefined;
  if (top === undefined) return;
  event.preventDefault();
  node.scrollTop = top;
});
