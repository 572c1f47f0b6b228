// The composer: its two sheets, files by paste and drop, and the keys that send.
import { forgetHere, save, saveAll, saveSoon, stop } from "./draft.js";
import { csrf } from "./requests.js";
import { failed, toast } from "./toast.js";

function boxes() {
  return document.querySelectorAll("[data-box]");
}

// an empty sheet answers the newest there is; one that is being written keeps what it began with
function keepUp() {
  const seq = document.getElementById("end")?.dataset.seq;
  for (const box of boxes()) {
    if (seq && !box.elements.text.value.trim()) box.elements.based_on_seq.value = seq;
  }
}

// after words alone the sheet stays as it is, but for what was sent; who types on while it is being sent goes on
function empty(box, key, sent) {
  const { text, client_key: name, revision } = box.elements;
  if (text.value.startsWith(sent)) text.value = text.value.slice(sent.length).trimStart();
  name.value = key;
  revision.value = 0;
  box.querySelector("[data-file-list]").replaceChildren();
  box.querySelector("[data-saved]").textContent = "";
  for (const told of box.querySelectorAll(".td-box__news, [data-stale]")) told.remove();
  keepUp();
  text.focus();
  if (text.value.trim()) saveSoon(box);
}

async function attach(box, files) {
  if (!files.length) return;
  const data = new FormData();
  for (const file of files) data.append("files", file, file.name || "pasted.png");
  for (const name of ["revision", "client_key"]) data.append(name, box.elements[name].value);
  try {
    const answer = await fetch(box.dataset.files, {
      method: "POST",
      body: data,
      headers: { "X-CSRFToken": csrf(), "HX-Request": "true" },
    });
    const words = answer.headers.get("HX-Trigger");
    if (words) document.dispatchEvent(new CustomEvent("refused", { detail: { value: JSON.parse(words).refused } }));
    else if (answer.status === 413) toast(box.dataset.tooLarge, { bad: true });
    else if (!answer.ok) failed();
    else {
      const list = box.querySelector("[data-file-list]");
      list.innerHTML = await answer.text(); // our own fragment, escaped by the server
      htmx.process(list);
    }
  } catch {
    failed(true);
  }
}

document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-box]");
  if (box && event.target.type !== "file") saveSoon(box);
});

document.addEventListener("change", (event) => {
  const box = event.target.closest("[data-box]");
  if (box && event.target.type === "file") {
    attach(box, [...event.target.files]);
    event.target.value = "";
  }
});

document.addEventListener("paste", (event) => {
  const box = event.target.closest?.("[data-box]");
  const files = [...(event.clipboardData?.files ?? [])];
  if (!box || !files.length) return;
  event.preventDefault();
  attach(box, files);
});

document.addEventListener("dragover", (event) => {
  const box = event.target.closest?.("#composer [data-box]");
  if (!box || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  box.classList.add("is-dropping");
});

document.addEventListener("dragleave", (event) => event.target.closest?.("[data-box]")?.classList.remove("is-dropping"));

document.addEventListener("drop", (event) => {
  const box = event.target.closest?.("#composer [data-box]");
  if (!box || !event.dataTransfer.files.length) return;
  event.preventDefault();
  box.classList.remove("is-dropping");
  attach(box, [...event.dataTransfer.files]);
});

// choosing a sheet, by mouse or key, puts the cursor into it, and at once: the next letter is no shortcut any more
document.addEventListener("click", (event) => {
  const label = event.target.closest?.("#composer .td-tab");
  if (!label) return;
  const kind = label.querySelector("input").value;
  const write = () => document.querySelector(`[data-box="${kind}"] textarea`)?.focus();
  write(); // once the sheet shows; the label's own click comes before that
  setTimeout(write);
});

// Ctrl+Enter sends, with Shift it solves as well, Alt+Enter shows the other ways
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey || event.altKey)) return;
  const box = event.target.closest?.("[data-box]");
  if (!box) return;
  event.preventDefault();
  const solves = event.shiftKey ? box.querySelector("[data-send-solved]") : null;
  if (event.altKey) box.querySelector('[popovertarget="ways"]')?.click();
  else if (solves) solves.click(); // htmx knows by the click which button it was
  else box.requestSubmit(box.querySelector("[data-send]"));
});

// what is sent needs no draft any more; what lies under it does
document.addEventListener("htmx:beforeRequest", (event) => {
  const box = event.target.closest?.("[data-box]");
  if (!box) return;
  stop(box);
  for (const other of boxes()) {
    if (other !== box && other.dataset.dirty) save(other);
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const box = event.target.closest?.("[data-box]");
  if (!box || event.detail.elt !== box) return;
  if (event.detail.successful) {
    box.dataset.dirty = "";
    forgetHere(box);
    const key = event.detail.xhr.getResponseHeader("X-Next-Key");
    if (key) empty(box, key, event.detail.requestConfig.parameters.text);
  } else saveSoon(box);
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) saveAll();
});

document.addEventListener("htmx:afterSettle", keepUp);
