// Asking the server as this visitor, who proves to be the same one by the secret that this browser keeps.
import { home, say } from "./widget-page.js";
import { site } from "./widget-parent.js";
import * as store from "./widget-store.js";

const PATIENCE = 8000;
const PATIENCE_WITH_FILES = 120_000;
const forgotten = new EventTarget();

// The server said no and will say it again; `fields` has its words by the name of the field.
export class Refused extends Error {
  constructor(status, fields, text) {
    super(text);
    this.status = status;
    this.fields = fields;
  }
}

// Nobody answered, or nobody could for now; `wait` is how long to leave them alone, in seconds.
export class Away extends Error {
  constructor(wait = 0) {
    super("away");
    this.wait = wait;
  }
}

export function token() {
  return store.get("token");
}

export function whenForgotten(then) {
  forgotten.addEventListener("forgotten", then);
}

export function forget(which) {
  if (which !== token()) return; // another tab began anew already
  store.remove("token");
  forgotten.dispatchEvent(new Event("forgotten"));
}

async function refusal(answer) {
  if (answer.status === 413) return new Refused(413, {}, say("tooLarge"));
  if (answer.status === 404) return new Refused(404, {}, say("ended"));
  let told = {};
  try {
    told = await answer.json();
  } catch {
    // no words of theirs
  }
  const fields = told.errors ?? {};
  return new Refused(answer.status, fields, Object.values(fields).flat()[0] ?? told.detail ?? say("refused"));
}

async function sent(path, options, patience) {
  try {
    const signal = AbortSignal.timeout(patience);
    return await fetch(home + path, { cache: "no-store", credentials: "omit", signal, ...options });
  } catch {
    throw new Away();
  }
}

export async function ask(path, { fields = null, method = fields ? "POST" : "GET", as = token(), keepalive = false } = {}) {
  const body = fields ? new FormData() : undefined;
  const headers = { Accept: "application/json", ...(as && { Authorization: `Bearer ${as}` }) };
  let hasFiles = false;
  for (const [name, value] of Object.entries(fields ?? {})) {
    for (const one of [value].flat()) {
      hasFiles ||= one instanceof File;
      body.append(name, one);
    }
  }
  const answer = await sent(path, { method, body, headers, keepalive }, hasFiles ? PATIENCE_WITH_FILES : PATIENCE);
  if (answer.ok) return answer;
  if (answer.status === 429 || answer.status >= 500) throw new Away(Number(answer.headers.get("Retry-After")) || 0);
  if (answer.status === 401 && as) forget(as);
  throw await refusal(answer);
}

// One visit for all tabs of this browser, made when there is something to say.
async function begun() {
  if (token()) return;
  const who = store.get("who") ?? {};
  const given = Object.entries({ ...who, ...site }).filter(([, value]) => value);
  const answer = await ask("/visits", { fields: Object.fromEntries(given), as: null });
  store.set("token", (await answer.json()).token);
}

export async function begin() {
  if (token()) return;
  if (navigator.locks) await navigator.locks.request("td-widget", begun);
  else await begun();
}
