// How was it: asked beside the talk when it is over, until it was answered or put off; and that it is over.
import { page, say } from "./widget-page.js";
import { Away, Refused, ask } from "./widget-server.js";
import * as store from "./widget-store.js";
import { toEnd, whenNew, whenStanding } from "./widget-talk.js";

const box = document.getElementById("rating");
const over = document.getElementById("over");
let standing = "";

function showChosen(form) {
  const chosen = form.querySelector("input:checked");
  form.querySelector("[data-chosen]").textContent = chosen ? chosen.closest("label").title : "";
  form.classList.toggle("is-chosen", Boolean(chosen));
  form.querySelector("[data-more]").hidden = !chosen;
}

function complain(form, words) {
  const error = form.querySelector("[data-error]");
  error.textContent = words;
  error.hidden = !words;
}

function put(html) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html; // our own fragment, escaped by the server
  box.replaceChildren(parsed.content);
  box.hidden = false;
  const form = box.querySelector("form");
  if (form) showChosen(form);
  toEnd();
}

async function fetchIt() {
  try {
    put(await (await ask("/rating")).text());
  } catch (error) {
    if (!(error instanceof Away || error instanceof Refused)) throw error; // asked for again with the next news
    standing = "";
  }
}

async function send(form) {
  const fields = Object.fromEntries(new FormData(form));
  if (!fields.score) {
    complain(form, say("choose"));
    form.querySelector("input").focus();
    return;
  }
  complain(form, "");
  try {
    put(await (await ask("/rating", { fields })).text());
    box.querySelector("[data-rated]")?.setAttribute("tabindex", "-1");
    box.querySelector("[data-rated]")?.focus();
  } catch (error) {
    if (error instanceof Refused) complain(form, error.message);
    else if (error instanceof Away) complain(form, say("notNow"));
    else throw error;
  }
}

function stand(now) {
  if (now === standing) return;
  standing = now;
  const isOver = now === "over" || now === "asked";
  page.toggleAttribute("data-over", isOver);
  over.hidden = !isOver;
  if (!isOver) store.remove("later");
  if (now === "asked" && !store.get("later")) fetchIt();
  else box.hidden = true;
}

box.addEventListener("change", (event) => {
  showChosen(event.target.form);
  toEnd();
});
box.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target);
});
box.addEventListener("click", (event) => {
  if (event.target.closest("[data-later]")) {
    store.set("later", true);
    box.hidden = true;
    document.getElementById("text").focus();
  } else if (event.target.closest("[data-change]")) {
    box.querySelector("[data-rated]").hidden = true;
    box.querySelector("form").hidden = false;
    box.querySelector("input:checked")?.focus();
  }
});
whenStanding(stand);
whenNew(() => {
  if (standing === "asked") toEnd();
});
