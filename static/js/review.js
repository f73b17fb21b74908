// The reviewers' screen: keys, and the next picture fetched while this one is looked at.
import { key } from "./keys.js";
import { Viewer } from "./viewer.js";

const CHANNELS = "LRMS";
const page = document.querySelector("[data-review]");
const form = page.querySelector("[data-answer]");
const other = page.querySelector("[data-other]");
const element = page.querySelector("[data-viewer]");
const viewer = element ? new Viewer(element, { onSeek: () => {} }) : null;
const picks = [...page.querySelectorAll("[data-pick]")];

if (page.dataset.next) fetch(`${page.dataset.next}?channel=L&palette=spek`).catch(() => {});       // into the browser's cache
page.querySelector("[data-blind] input[type=checkbox]").addEventListener("change", (event) => event.target.form.requestSubmit());

for (const pick of picks) {
  key(pick.dataset.pick, () => { pick.checked = true; pick.focus(); chosen(pick); });
  pick.addEventListener("change", () => chosen(pick));
}
other?.addEventListener("change", () => { if (other.value) for (const pick of picks) pick.checked = false; page.querySelector("[data-choose]").hidden = true; });
form?.addEventListener("submit", (event) => {
  if (event.submitter?.matches("[data-skip]") || other.value || picks.some((pick) => pick.checked)) return;
  event.preventDefault();
  page.querySelector("[data-choose]").hidden = false;
});

function chosen() { other.value = ""; page.querySelector("[data-choose]").hidden = true; }

const click = (selector) => () => page.querySelector(selector)?.click();
key("Enter", click("[data-say]"));
key("s", click("[data-skip]"));
key("u", click("[data-undo] button"));
key("c", () => viewer?.channel(CHANNELS[(CHANNELS.indexOf(element.dataset.shown ?? "S") + 1) % CHANNELS.length]));
key("+", () => viewer?.zoom("in"));
key("=", () => viewer?.zoom("in"));
key("-", () => viewer?.zoom("out"));
key("0", () => viewer?.zoom("all"));
key("ArrowLeft", () => pan(-0.1));
key("ArrowRight", () => pan(0.1));
key("[", () => viewer?.range(viewer.low - 5, viewer.high));
key("]", () => viewer?.range(viewer.low + 5, viewer.high));
key("p", () => viewer?.nextColours());
key("g", () => viewer?.toggleGuides());

function pan(share) {
  if (!viewer) return;
  viewer.view.pan(share * (viewer.view.t1 - viewer.view.t0));
  viewer.draw();
}
