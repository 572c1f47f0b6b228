// Opening a ticket from the list: mark its row, bring the conversation to its end, keep what is read in sight.
const desk = document.getElementById("desk");
const NEAR = 120;

function scroller() {
  return document.getElementById("scroll");
}

function isAtEnd() {
  const node = scroller();
  return !node || node.scrollHeight - node.scrollTop - node.clientHeight < NEAR;
}

function toEnd() {
  const node = scroller();
  if (node) node.scrollTop = node.scrollHeight;
}

function markRow() {
  const number = document.querySelector("#talk[data-number]")?.dataset.number;
  for (const row of document.querySelectorAll(".td-row")) {
    if (row.id === `t-${number}`) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  if (number) document.getElementById("list")?.removeAttribute("role"); // the ticket is the main thing now
  desk?.classList.toggle("td-desk--listing", !number && !desk.classList.contains("td-desk--page"));
}

function markRead() {
  const row = document.querySelector(".td-row[aria-current].td-row--new");
  row?.classList.remove("td-row--new");
  row?.querySelector(".td-dot")?.replaceWith(document.createElement("span"));
}

// the same news may come by the bell and with the answer to one's own click
function dropDoubles() {
  const seen = new Set();
  for (const node of document.querySelectorAll("#entries > [id^='entry-']")) {
    if (seen.has(node.id)) node.remove();
    else seen.add(node.id);
  }
}

// whoever reads the end stays there while the composer or the conversation grows; whoever reads back is left alone
let atEnd = true;
const grown = new ResizeObserver(() => {
  if (atEnd) toEnd();
});

function followEnd() {
  grown.disconnect();
  const node = scroller();
  if (!node) return;
  node.addEventListener("scroll", () => (atEnd = isAtEnd()), { passive: true });
  grown.observe(node);
  atEnd = true;
  toEnd();
}

// an answer about a ticket that was left meanwhile must not be put into the next one
function isForAnother(event) {
  const of = /^\/desk\/tickets\/(\d+)\//.exec(new URL(event.detail.xhr.responseURL, location.href).pathname);
  return of !== null && of[1] !== document.querySelector("#talk")?.dataset.number;
}

// While one's own change is on its way, its answer brings the news; theirs would replace the form that waits for it.
// While a menu is open, news wait until it is closed; they would take it away under one's fingers.
const waiting = new Set(); // the rings that ask again

function waitsForMenu(place, ring) {
  if (document.querySelector(`${place} :popover-open`) === null) return false;
  waiting.add(ring);
  return true;
}

function isInTheWay(event) {
  if (event.target.id === "rail" && event.detail.requestConfig.verb === "get") return waitsForMenu("#rail", "bell-rail");
  if (!new URL(event.detail.xhr.responseURL, location.href).pathname.endsWith("/news")) return false;
  return waitsForMenu("#open", "bell-ticket") || document.querySelector("#open form.htmx-request") !== null;
}

document.addEventListener(
  "toggle",
  (event) => {
    if (event.newState !== "closed") return;
    for (const ring of waiting) htmx.trigger(document.body, ring);
    waiting.clear();
  },
  true,
);

let focused = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (isForAnother(event) || isInTheWay(event)) event.detail.shouldSwap = false;
  focused = event.target.id === "rows" ? document.activeElement?.id : null;
});

// another heading means that another ticket was opened; news of the same ticket leave the focus where it is
let heading = document.querySelector("[data-open-focus]");

function hasOpenedAnother() {
  const present = document.querySelector("[data-open-focus]");
  if (present === heading) return false;
  heading = present;
  return true;
}

document.addEventListener("htmx:afterSettle", (event) => {
  dropDoubles();
  if (hasOpenedAnother()) {
    markRow();
    markRead();
    followEnd();
    heading?.focus({ preventScroll: true });
  } else if (event.target.id === "rows" || event.target.closest?.("#list")) {
    markRow();
    if (!document.hidden) markRead();
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  } else if (event.detail.xhr?.status === 201 || (atEnd && event.target.id !== "older")) {
    toEnd();
  }
});

// news that arrived while the ticket is open are read
let told = 0;
document.addEventListener("htmx:oobAfterSwap", () => {
  const end = document.getElementById("end");
  const pane = document.querySelector("[data-reading]");
  const seq = Number(end?.dataset.seq ?? 0);
  if (!pane || document.hidden || seq <= told) return;
  told = seq;
  htmx.ajax("PUT", pane.dataset.reading, { source: pane, swap: "none", values: { seq } });
});

followEnd();
markRead();
