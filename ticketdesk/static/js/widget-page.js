// What the page says about itself: which widget it is, and its words in the visitor's language.
export const page = document.getElementById("widget");
export const words = JSON.parse(page.dataset.words);
export const home = page.dataset.home;

export function say(name, values = {}) {
  return Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), words[name]);
}
