// The keys of a spectrogram, the same on every page that has one.
import { key } from "./keys.js";

/** current: the page's viewer now, or null while there is none. */
export function viewerKeys(current) {
  key("+", () => current()?.zoom("in"));
  key("=", () => current()?.zoom("in"));
  key("-", () => current()?.zoom("out"));
  key("0", () => current()?.zoom("all"));
  key("ArrowLeft", () => pan(current(), -0.1));
  key("ArrowRight", () => pan(current(), 0.1));
  key("[", () => range(current(), -5));
  key("]", () => range(current(), 5));
  key("p", () => current()?.nextColours());
  key("g", () => current()?.toggleGuides());
}

function pan(viewer, share) {
  if (!viewer) return;
  viewer.view.pan(share * (viewer.view.t1 - viewer.view.t0));
  viewer.draw();
}

function range(viewer, db) {
  viewer?.range(viewer.low + db, viewer.high);
}
