// Holds the line for all tabs of one agent in this browser; its name says whose it is.
import { Line } from "./live-line.js";

const ports = new Map();
let line = null;
let next = 0;

function tell(message, tab) {
  if (tab !== undefined) ports.get(tab)?.postMessage(message);
  else for (const port of ports.values()) port.postMessage(message);
}

addEventListener("connect", (event) => {
  const [port] = event.ports;
  const tab = next++;
  ports.set(tab, port);
  port.addEventListener("message", ({ data }) => {
    line ??= new Line(data.address, self.name.split(" ").at(-1), tell);
    line.hear(tab, data);
  });
  port.start();
});
