// Where one writes: it grows with the words, keeps them, takes files, and Enter sends where there is a keyboard.
import { say } from "./widget-page.js";
import { isOpen, whenToggled } from "./widget-parent.js";
import { complainAboutWho, knowsWho } from "./widget-address.js";
import { chip } from "./widget-files.js";
import { send, whenRefused } from "./widget-outbox.js";
import * as store from "./widget-store.js";
import { typed } from "./widget-typing.js";

const TALLEST = 160;
const form = document.getElementById("write");
const text = document.getElementById("text");
const list = document.getElementById("chosen");
const input = form.elements.files;
const problem = document.getElementById("problem");
const touched = matchMedia("(pointer: coarse)");
let files = [];

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight + 2, TALLEST)}px`;
}

function keep() {
  if (text.value) store.set("draft", text.value);
  else store.remove("draft");
  grow();
}

export function insert(words) {
  text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
  keep();
  text.focus();
}

function sayProblem(words) {
  problem.textContent = words;
}

function showFiles() {
  list.replaceChildren(...files.map((file) => chip(file, () => {
    files = files.filter((other) => other !== file);
    showFiles();
    text.focus();
  })));
  list.hidden = !files.length;
}

function attach(chosen) {
  const most = Number(form.dataset.mostBytes);
  const fitting = [...chosen].filter((file) => file.size <= most);
  sayProblem(fitting.length < chosen.length ? say("tooLarge") : "");
  files = [...files, ...fitting];
  showFiles();
}

function submit() {
  const words = text.value.trim();
  if ((!words && !files.length) || !knowsWho()) {
    if (!words && !files.length) text.focus();
    return;
  }
  send(words, files);
  text.value = "";
  typed("");
  files = [];
  sayProblem("");
  keep();
  showFiles();
  text.focus();
}

// what could not be sent comes back into the field, in front of what was begun meanwhile
whenRefused(({ text: words, files: back, error }) => {
  text.value = [words, text.value].filter(Boolean).join("\n\n");
  files = [...back, ...files];
  keep();
  showFiles();
  text.focus();
  sayProblem(error?.message ?? "");
  if (error) complainAboutWho(error.fields);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
text.addEventListener("input", () => {
  keep();
  typed(text.value);
});
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing) return;
  if (touched.matches && !event.ctrlKey && !event.metaKey) return; // a keyboard on the screen has no Shift+Enter
  event.preventDefault();
  submit();
});
text.addEventListener("paste", (event) => {
  const pasted = [...(event.clipboardData?.files ?? [])];
  if (!pasted.length) return;
  event.preventDefault();
  attach(pasted);
});
document.getElementById("attach").addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  attach(input.files);
  input.value = "";
});
document.addEventListener("dragover", (event) => {
  if (event.dataTransfer.types.includes("Files")) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  attach(event.dataTransfer.files);
});
// a finger that opens the chat wants to read first, and the keyboard on the screen would cover it
whenToggled((event) => {
  if (event.type !== "toggle" || !isOpen()) return;
  if (touched.matches) document.getElementById("talk").focus({ preventScroll: true });
  else text.focus();
});

text.value = store.get("draft") ?? "";
grow();
