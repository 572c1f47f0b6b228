// Typing in a chat: the visitor hears that somebody answers, and the desk sees that the visitor writes.
import { csrf } from "./requests.js";

const PAUSE = 3000;
const LOOK_AGAIN = 5000; // theirs ends by itself when they stop
const NEAR = 120;
let told = null; // the address at which we said that we type
let toldAt = 0;
let timer = 0;

function place() {
  return document.querySelector("[data-typing]");
}

function tell(address, typing) {
  const body = new FormData();
  body.append("typing", typing);
  fetch(address, { method: "POST", body, headers: { "X-CSRFToken": csrf() }, keepalive: true }).catch(() => {});
}

function stop() {
  if (told) tell(told, "no");
  told = null;
  toldAt = 0;
}

// in the chat only, and never while a note is written
function type(box) {
  const address = place()?.dataset.typing;
  const goesToChat = box.dataset.box === "reply" && box.elements.channel?.value === "chat";
  if (!address || !goesToChat || !box.elements.text.value.trim()) {
    stop();
    return;
  }
  if (told === address && Date.now() - toldAt < PAUSE) return;
  if (told !== address) stop();
  told = address;
  toldAt = Date.now();
  tell(address, "yes");
}

// our own fragment, escaped by the server; whoever reads the end stays there
async function look() {
  clearTimeout(timer);
  const node = place();
  if (!node || document.hidden) return;
  const scroll = document.getElementById("scroll");
  const wasAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR;
  try {
    const answer = await fetch(node.dataset.typing, { cache: "no-store", headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const html = (await answer.text()).trim();
    if (node.innerHTML.trim() !== html) node.innerHTML = html;
  } catch {
    node.replaceChildren();
  }
  if (wasAtEnd) scroll.scrollTop = scroll.scrollHeight;
  if (node.firstElementChild) timer = setTimeout(look, LOOK_AGAIN);
}

document.addEventListener("bell", ({ detail: ring }) => {
  const shown = document.querySelector("#talk[data-reference]")?.dataset.reference;
  if (ring.kind === "typing" && ring.topic === `ticket:${shown}`) look();
});

document.addEventListener("input", (event) => {
  const box = event.target.closest?.("#composer [data-box]");
  if (box && event.target.name === "text") type(box);
});
document.addEventListener("change", (event) => {
  if (event.target.closest?.("#composer") && event.target.type === "radio") stop();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.closest?.("[data-box]")) stop();
});

let seen = place();
document.addEventListener("htmx:afterSettle", () => {
  if (place() !== seen) {
    seen = place();
    if (told && told !== seen?.dataset.typing) stop();
    look();
  } else if (seen?.firstElementChild) look(); // what was being typed may have come
});
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : look()));
addEventListener("pagehide", stop);
look();
