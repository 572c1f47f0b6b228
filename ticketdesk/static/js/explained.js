// News renews the whole side panel: explanations that were open stay open, and are asked for anew.
let explained = [];

document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  if (detail.target?.id !== "side") return;
  const places = [...detail.target.querySelectorAll("a[hx-target]")].map((link) => link.getAttribute("hx-target"));
  explained = places.map((id) => detail.target.querySelector(id)).filter((shown) => shown?.hasChildNodes());
});

document.addEventListener("htmx:oobAfterSwap", () => {
  for (const shown of explained.splice(0)) {
    const id = `#${CSS.escape(shown.id)}`;
    const place = document.querySelector(`#side ${id}`);
    const link = document.querySelector(`#side a[hx-target="${id}"]`);
    if (!link || !place || place.hasChildNodes()) continue; // it is not one that waits to be asked for
    place.replaceWith(shown); // nothing jumps while the answer is on its way
    htmx.ajax("GET", link.getAttribute("hx-get"), { target: id, swap: "outerHTML" });
  }
});
