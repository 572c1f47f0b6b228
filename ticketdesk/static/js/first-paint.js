// Sets the chosen theme before anything is drawn. Nothing chosen means: follow the system.
try {
  const chosen = localStorage.getItem("td-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  // storage is closed in this browser: the system decides
}
document.documentElement.classList.add("has-script");
