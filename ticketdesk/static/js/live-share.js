// All tabs of a browser share one line: a worker holds it, else the tab that was elected, else each has its own.
import { Line } from "./live-line.js";

function byWorker(address, as, hear, failed) {
  const worker = new SharedWorker(new URL("./live-worker.js", import.meta.url), { type: "module", name: `live ${as}` });
  worker.addEventListener("error", failed);
  worker.port.addEventListener("message", ({ data }) => hear(data));
  worker.port.start();
  return (message) => worker.port.postMessage({ ...message, address });
}

function byElection(address, as, hear, say) {
  const me = crypto.randomUUID?.() ?? String(Math.random());
  const channel = new BroadcastChannel(`live ${as}`);
  let line = null;
  channel.addEventListener("message", ({ data }) => {
    if (data.from !== undefined) line?.hear(data.from, data);
    else if (data.to === undefined || data.to === me) data.is === "who" ? say() : hear(data);
  });
  navigator.locks.request(`live ${as}`, () => {
    line = new Line(address, as, (message, tab) => {
      if (tab !== me) channel.postMessage({ ...message, to: tab });
      if (tab === undefined || tab === me) hear(message);
    });
    say();
    channel.postMessage({ is: "who" }); // whoever led before has gone
    return new Promise(() => {}); // until this tab is closed
  });
  return (message) => (line ? line.hear(me, message) : channel.postMessage({ ...message, from: me }));
}

function alone(address, as, hear) {
  const line = new Line(address, as, hear);
  return (message) => line.hear("", message);
}

// returns what a tab says with; `hear` gets { is: "open" | "ring" | "lost" | "over" }, `say` has it speak again
export function share(address, as, hear, say) {
  const others = () =>
    "BroadcastChannel" in self && navigator.locks ? byElection(address, as, hear, say) : alone(address, as, hear);
  if (!("SharedWorker" in self)) return others();
  let speak = null;
  const fall = () => {
    speak = others();
    say();
  };
  try {
    speak = byWorker(address, as, hear, fall);
  } catch {
    return others();
  }
  return (message) => speak(message);
}
