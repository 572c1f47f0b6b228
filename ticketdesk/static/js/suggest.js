// Articles that may answer what is being typed, as plain links below the field. Without script there is the search page.
const PAUSE = 220;
const SHORTEST = 2;

function watch(source) {
  const field = source.matches("input, textarea") ? source : source.querySelector("input[type='search'], input");
  const list = document.getElementById(source.dataset.suggestInto ?? "found");
  if (!field || !list) return;
  let timer = 0;
  let asked = "";
  let request = null;

  const clear = () => {
    request?.abort();
    asked = "";
    list.replaceChildren();
  };

  async function ask() {
    const words = field.value.trim();
    if (words.length < SHORTEST) return clear();
    if (words === asked) return;
    asked = words;
    request?.abort();
    request = new AbortController();
    const address = new URL(source.dataset.suggest, location.href);
    address.search = new URLSearchParams({ q: words.slice(0, 200), suggest: "1" });
    try {
      const answer = await fetch(address, { signal: request.signal, headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      list.replaceChildren(...page.body.childNodes);
    } catch {
      // a newer question was asked, or the connection is away: the search page is still there
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && list.childElementCount) {
      event.preventDefault();
      clear();
    }
    if (event.key === "ArrowDown") {
      list.querySelector("a")?.focus();
      if (list.childElementCount) event.preventDefault();
    }
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      clear();
      field.focus();
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...list.querySelectorAll("a")];
    const next = links[links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    event.preventDefault();
    (next ?? field).focus();
  });
}

for (const source of document.querySelectorAll("[data-suggest]")) watch(source);
