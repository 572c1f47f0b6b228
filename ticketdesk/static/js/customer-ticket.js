// A customer's ticket stays true while it is looked at: it asks now and then what is new, and says what was chosen.
const PAUSE = 20_000;
const talk = document.getElementById("talk");

async function ask() {
  if (document.hidden || !talk) return;
  const address = new URL(talk.dataset.news, location.href);
  const many = new URLSearchParams(location.search).get("letters");
  address.search = new URLSearchParams({ after: talk.dataset.version, ...(many ? { letters: many } : {}) });
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (answer.status !== 200) return;
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the connection is away; the next round asks again
  }
}

// what stands there stays, with what was unfolded; only what is new is put in
function show(page) {
  const standing = page.getElementById("standing");
  const letters = document.getElementById("letters");
  if (!standing || !letters) return;
  talk.dataset.version = standing.dataset.version;
  if (!document.getElementById("standing").contains(document.activeElement)) {
    document.getElementById("standing").replaceWith(standing);
  }
  let last = null;
  for (const letter of page.querySelectorAll("#letters > .td-letter")) {
    const known = document.getElementById(letter.id);
    if (known) {
      last = known;
      continue;
    }
    letter.classList.add("td-letter--new");
    if (last) last.after(letter);
    else letters.prepend(letter);
    last = letter;
  }
}

// only the names; the browser keeps the files
document.addEventListener("change", (event) => {
  const place = document.getElementById(event.target.dataset?.chosen ?? "");
  if (!place) return;
  place.replaceChildren(
    ...[...event.target.files].map((file) => {
      const name = document.createElement("span");
      name.textContent = file.name;
      return name;
    }),
  );
});

setInterval(ask, PAUSE);
document.addEventListener("visibilitychange", ask);
