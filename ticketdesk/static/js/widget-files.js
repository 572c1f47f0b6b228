// Files: small pictures of those that were chosen, and of those that stand in the talk, which are fetched with the
// visitor's secret because no address of them opens by itself.
import { say } from "./widget-page.js";
import { Away, Refused, ask } from "./widget-server.js";

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const LARGEST_SHOWN = 4 * 1024 * 1024;
const status = document.getElementById("status");

function size(bytes) {
  const unit = bytes < 1024 * 1024 ? ["kilobyte", 1024] : ["megabyte", 1024 * 1024];
  const style = { style: "unit", unit: unit[0], unitDisplay: "short", maximumFractionDigits: bytes < unit[1] * 10 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(bytes / unit[1]);
}

function showPicture(place, blob) {
  if (!PICTURES.includes(blob.type) || blob.size > LARGEST_SHOWN) return;
  const picture = document.createElement("img");
  const address = URL.createObjectURL(blob);
  picture.alt = "";
  picture.addEventListener("load", () => URL.revokeObjectURL(address));
  picture.addEventListener("error", () => picture.remove());
  picture.src = address;
  place.replaceChildren(picture);
}

export function chip(file, drop) {
  const node = document.getElementById("chip").content.firstElementChild.cloneNode(true);
  node.querySelector("[data-name]").textContent = file.name;
  node.querySelector("[data-size]").textContent = size(file.size);
  const button = node.querySelector("button");
  button.setAttribute("aria-label", say("drop", { name: file.name }));
  button.addEventListener("click", drop);
  showPicture(node.querySelector("[data-picture]"), file);
  return node;
}

async function fetched(reference) {
  const answer = await ask(`/files/${reference}`);
  return answer.blob();
}

async function save(link) {
  try {
    const blob = await fetched(link.dataset.file);
    const address = URL.createObjectURL(blob);
    const anchor = document.createElement("a");
    anchor.href = address;
    anchor.download = link.dataset.name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch (error) {
    if (!(error instanceof Away || error instanceof Refused)) throw error;
    status.textContent = say("notNow");
  }
}

async function preview(link) {
  try {
    showPicture(link.querySelector("[data-picture]"), await fetched(link.dataset.file));
  } catch (error) {
    if (!(error instanceof Away || error instanceof Refused)) throw error; // the sign of a file stays
  }
}

export function dressFiles(row) {
  for (const link of row.querySelectorAll("[data-file]")) {
    link.addEventListener("click", () => save(link));
    if (link.hasAttribute("data-is-picture")) preview(link);
  }
}
