// A submission's page: waits with the server, then wakes the viewer, the player and the keys.
import { Chroma, Course } from "./course.js";
import { key } from "./keys.js";
import { copyOf, forget } from "./copies.js";
import { Player } from "./player.js";
import { refresh, remember } from "./regions.js";
import { viewerKeys } from "./viewer-keys.js";
import { Viewer } from "./viewer.js";

const POLL_MS = 700;
const article = document.querySelector("[data-result]");
const { id, api } = article.dataset;
const line = document.querySelector("[data-status-line]");
const ENDED = new Set(["done", "failed", "cancelled"]);
let viewer = null;
let player = null;

remember();
wake();
if (!ENDED.has(article.dataset.status)) wait();

function wake() {
  wakeViewer();
  offerAgain();
}

function wakeViewer() {
  const element = document.querySelector("[data-viewer]:not([data-awake])");
  if (!element) return;
  element.dataset.awake = "";
  viewer = new Viewer(element, { onSeek: (second) => player.seek(second) });
  player = new Player(element.querySelector("[data-player]"), viewer);
  player.load(id);
  const strip = element.querySelector("[data-course]");
  if (strip) new Course(strip, viewer, (second) => player.seek(second));
  const chroma = element.querySelector("[data-chroma]");
  if (chroma) new Chroma(chroma, viewer);
}

async function offerAgain() {
  const again = document.querySelector("[data-again]");
  if (!again || !(await copyOf(id))) return;
  again.hidden = false;
  again.querySelector("[data-send-again]").addEventListener("click", async ({ currentTarget }) => {
    currentTarget.disabled = true;
    const { send } = await import("./send.js");
    const answer = await send(await copyOf(id), [["tasks", currentTarget.dataset.sendAgain]], () => {});
    if (answer.url) location.assign(answer.url); else again.textContent = answer.error;
  });
}

async function wait() {
  for (let etag = "", status = "", seen = ""; !ENDED.has(status);) {
    const reply = await fetch(api, { headers: { Accept: "application/json", ...(etag && { "If-None-Match": etag }) }, cache: "no-store" }).catch(() => null);
    if (reply?.status === 200) {
      etag = reply.headers.get("ETag") ?? "";
      const now = await reply.json();
      if (now.status !== status) line.textContent = SAYS[now.status] ?? "";
      const state = JSON.stringify([now.status, now.position, now.declared, now.spectrogram]);
      if (state !== seen) { await refresh(); wake(); }
      const bar = document.querySelector("[data-progress]");
      if (bar && now.status !== "queued") bar.value = now.progress.fraction;
      status = now.status;
      seen = state;
    } else if (reply?.status === 404 || reply?.status === 410) { location.reload(); return; }
    if (!ENDED.has(status)) await new Promise((done) => setTimeout(done, POLL_MS));
  }
  line.textContent = document.querySelector("h1").textContent;
}

const SAYS = { queued: "Waiting in line.", decoding: "Decoding.", measuring: "Measuring." };

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) { await copyText(copy.dataset.copy); copy.textContent = "Copied"; setTimeout(() => { copy.textContent = "Copy the link"; }, 2000); }
  const place = event.target.closest("[data-mark-hz], [data-mark-s]");
  if (place && viewer) viewer.showMark(place.dataset.markHz ? { hz: +place.dataset.markHz } : { s: +place.dataset.markS });
});
document.addEventListener("submit", (event) => {
  if (event.target.action.endsWith("/delete")) forget(id);
});

async function copyText(text) {
  try { await navigator.clipboard.writeText(text); } catch { prompt("The link:", text); }
}

const click = (selector) => () => document.querySelector(selector)?.click();
for (const channel of "lrms") key(channel, () => viewer?.channel(channel.toUpperCase()));
key(" ", () => player?.toggle());
viewerKeys(() => viewer);
key("c", click("[data-copy]"));
key("y", click("[data-right]"));
key("w", () => { const wrong = document.querySelector("[data-wrong]"); if (wrong) { wrong.open = true; wrong.querySelector("select").focus(); } });
