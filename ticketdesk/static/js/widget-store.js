// What this browser keeps for one widget; in memory only, where the browser lets nothing be kept.
import { page } from "./widget-page.js";

// whom the site signs for has a shelf of their own; its name proves nothing
export const shelf = /^#u=([\w-]{1,40})$/.exec(location.hash)?.[1] ?? "";
const COMMON = `td-widget:${page.dataset.key}:`;
const PREFIX = shelf ? `${COMMON}u:${shelf}:` : COMMON;
const memory = new Map();

function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

export function get(name) {
  if (memory.has(name)) return memory.get(name);
  try {
    return JSON.parse(storage()?.getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}

// What this browser keeps for whoever nobody signs for.
export function unsigned(name) {
  try {
    return JSON.parse(storage()?.getItem(COMMON + name) ?? "null");
  } catch {
    return null;
  }
}

export function set(name, value) {
  try {
    storage().setItem(PREFIX + name, JSON.stringify(value));
    memory.delete(name);
  } catch {
    memory.set(name, value); // closed or full
  }
}

export function remove(name) {
  memory.delete(name);
  try {
    storage()?.removeItem(PREFIX + name);
  } catch {
    // closed
  }
}

// Another tab of this browser kept or removed something: `then(name, isKept)`.
export function whenChangedElsewhere(then) {
  addEventListener("storage", (event) => {
    if (event.key?.startsWith(PREFIX)) then(event.key.slice(PREFIX.length), event.newValue !== null);
  });
}

// Whether it is kept where other tabs see it.
export function isShared(name) {
  return !memory.has(name);
}

function shelved(prefix, beginning) {
  try {
    const keys = Object.keys(storage() ?? {});
    return keys.filter((key) => key.startsWith(prefix + beginning)).map((key) => key.slice(prefix.length));
  } catch {
    return []; // closed
  }
}

export function names(beginning) {
  const here = [...memory.keys()].filter((name) => name.startsWith(beginning));
  return [...new Set([...here, ...shelved(PREFIX, beginning)])];
}

// Whom the site signs for takes over what was kept here while it signed for nobody.
export function inherit(beginning) {
  if (!shelf) return;
  for (const name of shelved(COMMON, beginning)) {
    set(name, unsigned(name));
    storage().removeItem(COMMON + name);
  }
}
