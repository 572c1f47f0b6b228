// One short sentence about what just happened. Text only: whatever the server or a person wrote stays words.
const LASTS = 6000;

function region() {
  return document.getElementById("toasts");
}

function leave(node) {
  node.remove();
}

export function toast(text, { bad = false, action = null, lasts = LASTS } = {}) {
  const node = document.createElement("div");
  node.className = bad ? "td-toast td-toast--bad" : "td-toast";
  const words = document.createElement("span");
  words.textContent = text;
  node.append(words);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "td-link";
    button.textContent = action.text;
    if (action.key) button.dataset.key = action.key;
    button.addEventListener("click", () => {
      leave(node);
      action.run();
    });
    node.append(button);
  }
  region().append(node);
  setTimeout(leave, bad ? LASTS * 2 : lasts, node);
  return node;
}

export function failed(offline = false) {
  toast(offline ? region().dataset.offline : region().dataset.failed, { bad: true });
}

for (const node of document.querySelectorAll("[data-toast]")) setTimeout(leave, LASTS, node);
