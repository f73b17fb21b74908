// The reviewers' screen: keys, and the next picture fetched while this one is looked at.
import { Chroma } from "./course.js";
import { key } from "./keys.js";
import { Player } from "./player.js";
import { viewerKeys } from "./viewer-keys.js";
import { Viewer } from "./viewer.js";

const CHANNELS = "LRMS";
const page = document.querySelector("[data-review]");
const form = page.querySelector("[data-answer]");
const other = page.querySelector("[data-other]");
const element = page.querySelector("[data-viewer]");
const viewer = element ? new Viewer(element, { onSeek: (second) => player.seek(second) }) : null;
const player = viewer ? new Player(element.querySelector("[data-player]"), viewer) : null;
const picks = [...page.querySelectorAll("[data-pick]")];

if (page.dataset.next) fetch(`${page.dataset.next}?channel=L&palette=spek`).catch(() => {});       // into the browser's cache
page.querySelector("[data-blind] input[type=checkbox]").addEventListener("change", (event) => event.target.form.requestSubmit());

player?.load(page.dataset.id);
const chroma = page.querySelector("[data-chroma]");
if (chroma) new Chroma(chroma, viewer);
viewerKeys(() => viewer);
for (const pick of picks) {                    // after the viewer's keys: the tenth pick takes 0 from its zoom
  key(pick.dataset.pick, () => { pick.checked = true; pick.focus(); chosen(pick); });
  pick.addEventListener("change", () => chosen(pick));
}
other?.addEventListener("change", () => { if (other.value) for (const pick of picks) pick.checked = false; page.querySelector("[data-choose]").hidden = true; });
form?.addEventListener("submit", (event) => {
  if (event.submitter?.matches("[data-skip]") || other?.value || picks.some((pick) => pick.checked)) return;
  event.preventDefault();
  page.querySelector("[data-choose]").hidden = false;
});

function chosen() { if (other) other.value = ""; page.querySelector("[data-choose]").hidden = true; }

const click = (selector) => () => page.querySelector(selector)?.click();
key(" ", () => player?.toggle());
key("Enter", click("[data-say]"));
key("s", click("[data-skip]"));
key("u", click("[data-undo] button"));
key("c", () => viewer?.channel(CHANNELS[(CHANNELS.indexOf(element.dataset.shown ?? "S") + 1) % CHANNELS.length]));
