// On every page: theme button, single keys and their list.
import { key } from "./keys.js";

const root = document.documentElement;
const dialog = document.getElementById("keys");

function toggleTheme() {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* only this page then */ }
  dispatchEvent(new Event("themechange"));
}

function goHome() {
  const input = document.querySelector("[data-file-input]");
  if (input) input.click(); else location.assign("/");
}

document.querySelector("[data-theme-toggle]").addEventListener("click", toggleTheme);
document.querySelector("[data-keys]").addEventListener("click", () => dialog.showModal());

key("?", () => (dialog.open ? dialog.close() : dialog.showModal()));
key("d", toggleTheme);
key("n", goHome);
key("a", () => location.assign("/mine"));
