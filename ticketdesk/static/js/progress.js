// Keeps the bar of what is worked out in the background true, says every tenth aloud, and shows the page anew when it is over.
const EVERY = 2000;
const place = document.getElementById("progress");
const said = document.getElementById("said");
let tenth = "0";
let asking = false;

async function renew() {
  if (document.hidden || asking) return;
  asking = true;
  try {
    const answer = await fetch(place.dataset.progress, { headers: { "HX-Request": "true" } });
    if (answer.status === 401 || answer.status === 404 || answer.redirected) return location.reload();
    if (!answer.ok) return;
    place.innerHTML = await answer.text();
    const now = place.firstElementChild.dataset;
    if (now.state === "over") return location.reload();
    if (now.tenth !== tenth) {
      tenth = now.tenth;
      said.textContent = said.dataset.words.replace("{n}", tenth);
    }
  } catch {
    // asked again soon
  } finally {
    asking = false;
  }
}

setInterval(renew, EVERY);
document.addEventListener("visibilitychange", renew);
