// Runs before the first paint: says that script is there and keeps the chosen theme.
(() => {
  const root = document.documentElement;
  root.classList.add("script");
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  } catch { /* storage is off: the system's theme holds */ }
})();
