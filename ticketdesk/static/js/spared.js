// News renew the side panel, but not under somebody's fingers: while a field in it has the focus it stays as it is, and
// is asked for anew when the focus leaves. Letters that were typed and not saved stand in the new panel as well.
const FIELDS = "#side :is(input, textarea, select)";

let isNews = false;
let isBehind = false;
let typed = [];

function isTyping() {
  return document.activeElement?.matches?.(FIELDS) ?? false;
}

function isUnsaved(control) {
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  return control.type !== "hidden" && "defaultValue" in control && control.value !== control.defaultValue;
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  isNews = new URL(detail.xhr.responseURL, location.href).pathname.endsWith("/news");
});

document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  if (detail.target?.id !== "side" || !isNews) return;
  if (isTyping()) {
    detail.shouldSwap = false;
    isBehind = true;
    return;
  }
  isBehind = false;
  const rows = [...detail.target.querySelectorAll("dd[id]")];
  typed = rows.filter((row) => [...row.querySelectorAll(".td-own[open] input")].some(isUnsaved));
});

document.addEventListener("htmx:oobAfterSwap", () => {
  for (const row of typed.splice(0)) {
    const place = document.querySelector(`#side dd#${CSS.escape(row.id)}`);
    if (!place?.querySelector(".td-own")) continue; // nobody may fill it in any more
    place.replaceWith(row);
    htmx.process(row);
  }
});

// the next field, or the button beside it, has the focus a moment later
document.addEventListener("focusout", (event) => {
  if (!isBehind || !event.target.matches?.(FIELDS)) return;
  setTimeout(() => {
    if (!isBehind || isTyping()) return;
    isBehind = false;
    if (document.querySelector("#side form.htmx-request") === null) htmx.trigger(document.body, "bell-beside");
  }, 150);
});
