// Who the site says its visitor is: shown to the server before anything of theirs is asked for, and dropped when they
// sign out there.
import { site, tellForgotten, tellMessage, tellUnproven, whenSaid } from "./widget-parent.js";
import { Away, Refused, ask, begin, proveBy, proven, token, whenForgotten } from "./widget-server.js";
import * as store from "./widget-store.js";
import { whenAnswered } from "./widget-talk.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;
const questions = document.getElementById("who");
const recognised = new EventTarget();
let proof = null;
let timer = 0;
let wait = FIRST_WAIT;

export function whenRecognised(then) {
  recognised.addEventListener("recognised", then);
}

function shown() {
  return proof.token ? { user_token: proof.token } : { user_id: proof.id, user_hash: proof.hash };
}

// With the secret of who this browser was until now, so that what was written a moment ago stays in the talk.
async function show() {
  if (!proof) throw new Away();
  const { name, email } = { ...store.get("who"), ...(proof.name && { name: proof.name }), ...(proof.email && { email: proof.email }) };
  const given = Object.entries({ ...shown(), name, email, ...site }).filter(([, value]) => value);
  const before = store.get("token") ?? store.unsigned("token");
  const answer = await ask("/identity", { fields: Object.fromEntries(given), as: before });
  const told = await answer.json();
  proven(told.token);
  store.set("who", { ...(told.name && { name: told.name }), ...(told.email && { email: told.email }) });
  doNotAsk();
  recognised.dispatchEvent(new Event("recognised"));
}

// The site has answered already.
function doNotAsk() {
  for (const input of questions?.querySelectorAll("input[name]") ?? []) {
    input.required = false;
    input.closest(".td-widget__question").hidden = true;
  }
  const topic = questions?.querySelector("select");
  if (!topic) questions?.toggleAttribute("hidden", true);
  topic?.addEventListener("change", () => say({ topic: topic.value }));
}

async function identify() {
  clearTimeout(timer);
  try {
    await begin();
    wait = FIRST_WAIT;
  } catch (error) {
    if (error instanceof Refused) {
      proof = null;
      tellUnproven(error.reason || String(error.status));
    } else if (error instanceof Away) {
      timer = setTimeout(identify, Math.max(wait * (0.5 + Math.random()), error.wait * 1000));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    } else throw error;
  }
}

async function forget() {
  clearTimeout(timer);
  proof = null;
  const as = token();
  try {
    if (as && store.shelf) await ask("/identity", { method: "DELETE", as });
    else if (as) await ask("/left", { method: "POST", as });
  } catch (error) {
    if (!(error instanceof Away || error instanceof Refused)) throw error; // it is forgotten here all the same
  }
  for (const name of store.names("")) store.remove(name);
  tellForgotten();
}

async function pass({ isTold, name, email }) {
  const who = { ...(name && { name }), ...(email && { email }) };
  store.set("who", { ...who, ...store.get("who") }); // what was typed comes first
  for (const input of questions?.querySelectorAll("input[name]") ?? []) input.value ||= who[input.name] ?? "";
  const isElsewhere = site.page !== store.get("page"); // than where they last were in this browser
  if (!token() || (!isTold && !isElsewhere)) return;
  store.set("page", site.page);
  await say({ attributes: site.attributes, page: site.page });
}

async function say(fields) {
  try {
    await ask("/attributes", { fields });
  } catch (error) {
    if (!(error instanceof Away || error instanceof Refused)) throw error; // facts are not worth a second try
  }
}

proveBy(show);
whenSaid("identity", (given) => {
  proof = given;
  if (store.shelf && !token()) identify();
});
whenSaid("set", pass);
whenSaid("forget", forget);
whenForgotten(() => {
  if (store.shelf && proof) identify(); // ended here or by an administrator: the proof may be good still
});
whenAnswered(() => tellMessage(1));
