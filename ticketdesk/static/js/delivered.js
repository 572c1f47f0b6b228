// What became of messages: asked when the bell rings for it; while one is on its way, also with any other news.
const PAUSE = 300;
const MOST = 40;
let timer = 0;

function ask() {
  const number = document.querySelector("#talk[data-number]")?.dataset.number;
  const ids = [...document.querySelectorAll("[data-sent]")].slice(-MOST).map((node) => `of=${node.dataset.sent}`);
  if (number && ids.length) htmx.ajax("GET", `/desk/tickets/${number}/deliveries?${ids.join("&")}`, { swap: "none" });
}

function askSoon() {
  if (document.hidden) return;
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE * (1 + Math.random()));
}

document.addEventListener("bell", (event) => {
  const pane = document.querySelector("#talk[data-reference]");
  const { topic, kind } = event.detail;
  if (kind === "delivery" && pane && topic === `ticket:${pane.dataset.reference}`) askSoon();
});

// news come as well when the connection was lost meanwhile, and when a hidden page is looked at again
function askIfMoving() {
  if (document.querySelector("[data-moving]")) askSoon();
}

document.body.addEventListener("bell-ticket", askIfMoving);
document.addEventListener("visibilitychange", askIfMoving);
