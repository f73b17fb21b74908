// Plays the browser's own copy of the file; without one there is no play button.
import { copyOf } from "./copies.js";
import { clock } from "./axes.js";

const PLAY = "M7 4l13 8-13 8z", PAUSE = "M6 4h4v16H6zM14 4h4v16h-4z";

export class Player {
  constructor(element, viewer) {
    this.element = element;
    this.viewer = viewer;
    this.audio = null;
  }

  async load(id) {
    const file = await copyOf(id);
    if (!file || file.type.startsWith("image/")) return;
    this.audio = new Audio(URL.createObjectURL(file));
    this.audio.preload = "metadata";
    this.audio.addEventListener("error", () => this.#refuse());
    for (const name of ["play", "pause", "ended", "seeked", "timeupdate"]) this.audio.addEventListener(name, () => this.#show());
    this.element.querySelector("[data-play]").addEventListener("click", () => this.toggle());
    this.element.hidden = false;
  }

  toggle() {
    if (!this.audio) return;
    if (this.audio.paused) this.audio.play().then(() => this.#run(), () => { /* paused at once, or the error event says it */ }); else this.audio.pause();
  }

  seek(second) {
    if (!this.audio) return;
    this.audio.currentTime = second;
    this.#show();
  }

  #run() {
    this.#show();
    if (this.audio && !this.audio.paused) requestAnimationFrame(() => this.#run());
  }

  #show() {
    const { audio, viewer } = this;
    if (!audio) return;
    this.element.querySelector("[data-play-icon]").setAttribute("d", audio.paused ? PLAY : PAUSE);
    this.element.querySelector("[data-play]").setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    this.#say(clock(audio.currentTime));
    viewer.playhead = audio.currentTime;
    if (!audio.paused) viewer.view.follow(audio.currentTime);
    viewer.draw();
  }

  #refuse() {
    this.audio = null;
    this.element.querySelector("[data-play]").hidden = true;
    this.#say("this browser can’t play the format");
  }

  #say(text) { this.element.querySelector("[data-time]").textContent = text; }
}
