// The strip of genres below the spectrogram: as wide as its plot, and showing the same stretch of time.

const ROOM_PX = 14;

export class Course {
  constructor(element, viewer, onSeek) {
    this.viewer = viewer;
    this.runs = [...element.querySelectorAll(".run")];
    this.strip = element.querySelector(".course-strip");
    this.strip.addEventListener("click", (event) => onSeek(this.#second(event.clientX)));
    viewer.course = this;
    this.draw();
    viewer.draw();
  }

  draw() {
    const { t0, t1 } = this.viewer.view;
    const wide = this.strip.clientWidth || this.strip.getBoundingClientRect().width;
    for (const run of this.runs) {
      const from = (+run.dataset.from - t0) / (t1 - t0), to = (+run.dataset.to - t0) / (t1 - t0);
      const left = Math.max(0, from), right = Math.min(1, to);
      run.toggleAttribute("hidden", right <= left);
      if (right <= left) continue;
      run.setAttribute("x", `${100 * left}%`);
      run.setAttribute("width", `${100 * (right - left)}%`);
      const name = run.querySelector("text");
      name.setAttribute("class", "run-name");
      name.toggleAttribute("hidden", name.getComputedTextLength() + ROOM_PX > wide * (right - left));
    }
  }

  #second(x) {
    const { left, width } = this.strip.getBoundingClientRect();
    const { t0, t1 } = this.viewer.view;
    return t0 + ((x - left) / width) * (t1 - t0);
  }
}
