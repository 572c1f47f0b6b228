// Who is on the other side: that they write, that they have read, and what they are called.
import { page, say } from "./widget-page.js";
import { isNearEnd, toEnd, whenAnswered, whenSeenUpTo, whenWith } from "./widget-talk.js";
import { whenTyping } from "./widget-typing.js";

const row = document.getElementById("writing");
const status = document.getElementById("status");
const title = document.getElementById("with");
const face = document.getElementById("face");
const ours = face.textContent;
let name = "";

function initials(of) {
  const words = of.split(/[\s.-]+/).filter(Boolean);
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  return chosen.map((word) => [...word][0]).join("").toUpperCase();
}

function showWith(who) {
  name = who;
  title.textContent = who ? `${who}, ${title.dataset.title}` : title.dataset.title;
  face.textContent = who ? initials(who) : ours;
  row.querySelector("[data-face]").textContent = face.textContent;
}

function showWriting(isWriting) {
  if (row.hidden === !isWriting) return;
  const wasNearEnd = isNearEnd();
  row.hidden = !isWriting;
  // said once, and taken back so that it is said again the next time
  status.textContent = isWriting ? (name ? say("writing", { name }) : say("somebodyWrites")) : "";
  if (isWriting && wasNearEnd) toEnd();
}

// below the last of one's own words that somebody has read, and nowhere else
function showSeen(seq) {
  const own = [...page.querySelectorAll(".td-chat__row--out[data-seq]")];
  const last = own.findLast((one) => Number(one.dataset.seq) <= seq);
  for (const one of own) one.toggleAttribute("data-seen", one === last);
}

showWith("");
whenTyping(showWriting);
whenAnswered(() => showWriting(false));
whenSeenUpTo(showSeen);
whenWith(showWith);
