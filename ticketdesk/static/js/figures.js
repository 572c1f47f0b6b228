// Keeps the live figures fresh while somebody looks, and says how old they are.
const EVERY = 5000;
const figures = document.getElementById("figures");
const age = document.getElementById("age");
let at = Date.now();
let asking = false;

async function renew() {
  if (document.hidden || asking) return;
  asking = true;
  try {
    const answer = await fetch(figures.dataset.figures, { headers: { "HX-Request": "true" } });
    if (answer.status === 401 || answer.redirected) return location.reload();
    if (answer.ok) {
      const inside = figures.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      figures.innerHTML = await answer.text();
      if (inside) figures.querySelector(`[href="${CSS.escape(inside)}"]`)?.focus({ preventScroll: true });
      at = Date.now();
    }
  } catch {
    // the age says it
  } finally {
    asking = false;
  }
}

function tell() {
  const seconds = Math.round((Date.now() - at) / 1000);
  const pattern = seconds < 30 ? age.dataset.young : age.dataset.old;
  age.lastElementChild.textContent = pattern.replace("{n}", seconds < 30 ? seconds : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
  age.classList.toggle("td-chip--late", seconds >= 30);
}

setInterval(renew, EVERY);
setInterval(tell, 1000);
document.addEventListener("visibilitychange", renew);
