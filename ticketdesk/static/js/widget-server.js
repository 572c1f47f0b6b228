// Asking the server as this visitor, who proves to be the same one by the secret that this browser keeps.
import { home, page, say } from "./widget-page.js";
import { site } from "./widget-parent.js";
import * as store from "./widget-store.js";

const PATIENCE = 8000;
const PATIENCE_WITH_FILES = 30_000; // once they are there
const forgotten = new EventTarget();
let isProven = !store.shelf; // whom the site signs for, only once the server has seen the proof
let prove = null;

// The server said no and will say it again; `fields` has its words by the name of the field.
export class Refused extends Error {
  constructor(status, fields, text, reason = "") {
    super(text);
    this.status = status;
    this.fields = fields;
    this.reason = reason;
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
  return isProven ? store.get("token") : null;
}

// How a signed visitor begins: `how` asks the server, and says what to keep by `proven`.
export function proveBy(how) {
  prove = how;
}

export function proven(secret) {
  if (secret) store.set("token", secret);
  isProven = true;
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
  return new Refused(answer.status, fields, Object.values(fields).flat()[0] ?? told.detail ?? say("refused"), told.reason);
}

async function sent(path, options, patience) {
  try {
    const signal = AbortSignal.timeout(patience);
    return await fetch(home + path, { cache: "no-store", credentials: "omit", signal, ...options });
  } catch {
    throw new Away();
  }
}

// Files may take long, but must move: `told` hears how far they are, and what stands still for long is given up.
function uploaded(path, { method, body, headers }, told) {
  return new Promise((taken, lost) => {
    const request = new XMLHttpRequest();
    let timer = 0;
    const moves = (patience) => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), patience);
    };
    request.open(method, home + path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      moves(PATIENCE);
      if (event.lengthComputable) told(event.loaded / event.total);
    });
    request.upload.addEventListener("load", () => moves(PATIENCE_WITH_FILES));
    request.addEventListener("loadend", () => {
      clearTimeout(timer);
      if (!request.status) lost(new Away());
      else {
        const wait = request.getResponseHeader("Retry-After");
        const kept = wait ? { "Retry-After": wait } : {};
        taken(new Response(request.responseText, { status: request.status, headers: kept }));
      }
    });
    moves(PATIENCE);
    request.send(body);
  });
}

export async function ask(path, options = {}) {
  const { fields = null, method = fields ? "POST" : "GET", as = token(), keepalive = false, told = null } = options;
  const body = fields ? new FormData() : undefined;
  const lang = document.documentElement.lang;
  const headers = { Accept: "application/json", "Accept-Language": lang, ...(as && { Authorization: `Bearer ${as}` }) };
  let hasFiles = false;
  for (const [name, value] of Object.entries(fields ?? {})) {
    for (const one of [value].flat()) {
      hasFiles ||= one instanceof File;
      body.append(name, one);
    }
  }
  const wanted = { method, body, headers };
  const answer = hasFiles && told ? await uploaded(path, wanted, told) : await sent(path, { ...wanted, keepalive }, PATIENCE);
  if (answer.ok) return answer;
  if (answer.status === 429 || answer.status >= 500) throw new Away(Number(answer.headers.get("Retry-After")) || 0);
  if (answer.status === 401 && as) forget(as);
  throw await refusal(answer);
}

// One visit for all tabs of this browser, made when there is something to say.
async function begun() {
  if (token()) return;
  if (store.shelf) {
    await prove();
    return;
  }
  const who = store.get("who") ?? {};
  const given = Object.entries({ ...who, ...site }).filter(([, value]) => value);
  const answer = await ask("/visits", { fields: Object.fromEntries(given), as: null });
  store.set("token", (await answer.json()).token);
}

export async function begin() {
  if (token()) return;
  if (navigator.locks) await navigator.locks.request(`td-widget:${page.dataset.key}`, begun);
  else await begun();
}
