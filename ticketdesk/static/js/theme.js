// The switch between light and dark.
const root = document.documentElement;

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return;
  const wanted = isDark() ? "light" : "dark";
  root.dataset.theme = wanted;
  try {
    localStorage.setItem("td-theme", wanted);
  } catch {
    // storage is closed: the choice holds for this page
  }
});

// what is chosen in the settings holds here again, whatever the switch said on this device
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-settings]")) return;
  try {
    localStorage.removeItem("td-theme");
  } catch {
    // storage is closed: nothing was kept
  }
});
