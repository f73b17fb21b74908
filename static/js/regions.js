// The server draws every state; a region whose markup changed takes the place of the old one.

const shown = new Map();
const TOKEN = /(name="csrf_token" value=")[^"]*/g;
const markup = (region) => region.outerHTML.replace(TOKEN, "$1");     // a token is new each time and says nothing

export function remember() {
  for (const region of document.querySelectorAll("[data-region]")) shown.set(region.dataset.region, markup(region));
}

export async function refresh() {
  const reply = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!reply.ok) { location.reload(); return new Set(); }
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  if (!page.querySelector("[data-region]")) { location.reload(); return new Set(); }
  document.title = page.title;
  const changed = new Set();
  for (const fresh of page.querySelectorAll("[data-region]")) {
    const name = fresh.dataset.region;
    if (shown.get(name) === markup(fresh)) continue;
    const old = document.querySelector(`[data-region="${name}"]`);
    if (!old) { location.reload(); return new Set(); }      // the page's shape changed: take all of it
    shown.set(name, markup(fresh));
    const held = old.contains(document.activeElement);
    old.replaceWith(document.adoptNode(fresh));
    if (held) fresh.querySelector("button, a, summary")?.focus();
    changed.add(name);
  }
  return changed;
}
