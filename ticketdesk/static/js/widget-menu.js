// What the menu does beside the address: the talk by mail, and its end.
import { whereTo } from "./widget-address.js";
import { say } from "./widget-page.js";
import { Away, Refused, ask, token } from "./widget-server.js";
import { refresh } from "./widget-talk.js";

const SHOWN = 12_000;
const note = document.getElementById("note");
const menu = document.getElementById("more");
let timer = 0;

function tell(words) {
  clearTimeout(timer);
  note.hidden = false;
  note.textContent = words;
  timer = setTimeout(() => {
    note.hidden = true;
    note.textContent = "";
  }, SHOWN);
}

async function attempt(act) {
  menu.hidePopover?.();
  try {
    await act();
  } catch (error) {
    if (error instanceof Refused) tell(error.message);
    else if (error instanceof Away) tell(say("notNow"));
    else throw error;
  }
}

async function mailIt() {
  const answer = await ask("/transcript", { method: "POST" });
  tell(say("mailed", { address: (await answer.json()).address }));
}

document.getElementById("transcript").addEventListener("click", () => {
  menu.hidePopover?.();
  if (token()) whereTo(() => attempt(mailIt));
});
document.getElementById("end").addEventListener("click", () => {
  if (!token()) return;
  attempt(async () => {
    await ask("/end", { method: "POST" });
    await refresh();
  });
});
