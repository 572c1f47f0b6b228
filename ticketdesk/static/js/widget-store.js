// What this browser keeps for one widget; in memory only, where the browser lets nothing be kept.
import { page } from "./widget-page.js";

const PREFIX = `td-widget:${page.dataset.key}:`;
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

export function names(beginning) {
  const found = new Set([...memory.keys()].filter((name) => name.startsWith(beginning)));
  try {
    const kept = storage();
    for (let at = 0; at < (kept?.length ?? 0); at += 1) {
      const name = kept.key(at);
      if (name.startsWith(PREFIX + beginning)) found.add(name.slice(PREFIX.length));
    }
  } catch {
    // closed
  }
  return [...found];
}
