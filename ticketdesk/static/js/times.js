// Keeps rough times and due chips true while a page stays open. The words come from the page, in its language.
const words = JSON.parse(document.querySelector('meta[name="td-words"]')?.content ?? "{}");
const MINUTE = 60;
const HOUR = 3600;
const EXACT = { dateStyle: "full", timeStyle: "short" };

function say(pattern, n) {
  return (words[pattern] ?? "").replace("{n}", n);
}

function duration(seconds) {
  if (seconds < MINUTE) return words.under;
  if (seconds < HOUR) return say("minutes", Math.floor(seconds / MINUTE));
  const minutes = Math.floor((seconds % HOUR) / MINUTE);
  const hours = say("hours", Math.floor(seconds / HOUR));
  return minutes ? `${hours} ${String(minutes).padStart(2, "0")}` : hours;
}

function ago(seconds) {
  if (seconds < MINUTE) return words.now;
  if (seconds < HOUR) return say("minutes_ago", Math.floor(seconds / MINUTE));
  if (seconds < 24 * HOUR) return say("hours_ago", Math.floor(seconds / HOUR));
  return null; // the server's words stay until the page is loaded again
}

// only the words and the share that is left move here; when a chip changes its kind, its row is asked for again
function tickDue(chip, now) {
  const due = Date.parse(chip.dataset.due);
  const left = Math.round((due - now) / 1000);
  const kind = left < 0 ? "late" : left < HOUR ? "soon" : "calm";
  if (!chip.classList.contains(`td-due--${kind}`)) {
    chip.closest("[data-refresh]")?.dispatchEvent(new CustomEvent("refresh", { bubbles: false }));
    return;
  }
  const text = chip.lastChild;
  if (left < 12 * HOUR && text?.nodeType === Node.TEXT_NODE) {
    text.data = left < 0 ? say("late", duration(-left)) : duration(left);
  }
  if (!chip.dataset.from || left < 0) return;
  const share = Math.max(0, Math.min(100, (100 * left * 1000) / (due - Date.parse(chip.dataset.from))));
  chip.style.setProperty("--left", `${share.toFixed(1)}%`);
  chip.querySelector(".td-pie")?.setAttribute("stroke-dasharray", `${share.toFixed(1)} 100`);
}

function tick() {
  if (document.hidden) return;
  const now = Date.now();
  for (const node of document.querySelectorAll("time[data-ago]")) {
    const text = ago((now - Date.parse(node.dateTime)) / 1000);
    if (text) node.textContent = text;
  }
  for (const chip of document.querySelectorAll("[data-due]")) tickDue(chip, now);
}

// the exact moment on hover; worked out only for the chip that is pointed at
document.addEventListener("mouseover", (event) => {
  const chip = event.target.closest?.("[data-due]:not([title])");
  if (chip) chip.title = new Date(chip.dataset.due).toLocaleString(document.documentElement.lang, EXACT);
});

setInterval(tick, 20_000);
document.addEventListener("visibilitychange", tick);
