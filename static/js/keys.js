// Single-key commands. They can be switched off (WCAG 2.1.4) and never fire while somebody types.

const commands = new Map();
const STORE = "single-keys";

export function key(name, run) { commands.set(name, run); }

function on() { try { return localStorage.getItem(STORE) !== "off"; } catch { return true; } }

function typing(target) {
  return target.closest?.("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
  if (event.key === " " && event.target.closest("button, a, summary, label, input")) return;
  if (event.key === "Enter" && event.target.closest("button, a, summary")) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (name !== "?" && (!on() || document.querySelector("dialog[open]"))) return;
  const run = commands.get(name);
  if (!run) return;
  event.preventDefault();
  run(event);
});

const box = document.querySelector("[data-keys-on]");
if (box) {
  box.checked = on();
  box.addEventListener("change", () => {
    try { localStorage.setItem(STORE, box.checked ? "on" : "off"); } catch { /* holds for nothing then */ }
  });
}
