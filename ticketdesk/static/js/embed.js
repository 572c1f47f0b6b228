// Inside a frame: tells the page around it how high the form is, and only pages of the sites that may show it.
import "./focus.js";
import "./form-files.js";

const page = document.querySelector("[data-frame]");
const sites = page.dataset.sites.split(" ").filter(Boolean);
const around = [...(location.ancestorOrigins ?? [])][0];
const told = sites.includes(around) ? [around] : around ? [] : sites;

function tell() {
  const height = Math.ceil(page.getBoundingClientRect().height);
  for (const site of told) parent.postMessage({ ticketdesk: page.dataset.frame, height }, site);
}

if (parent !== window) new ResizeObserver(tell).observe(page);
