// What lies below the spectrogram and shows the same stretch of time: the strip of genres, the chromagram.

const ROOM_PX = 14;

export class Course {
  constructor(element, viewer, onSeek) {
    this.viewer = viewer;
    this.runs = [...element.querySelectorAll(".run")];
    this.strip = element.querySelector(".course-strip");
    this.strip.addEventListener("click", (event) => onSeek(this.#second(event.clientX)));
    viewer.followers.push(this);
    viewer.draw();
  }

  draw() {
    const { t0, t1 } = this.viewer.view;
    const wide = this.strip.getBoundingClientRect().width;
    for (const run of this.runs) {
      const left = Math.max(0, (+run.dataset.from - t0) / (t1 - t0)), right = Math.min(1, (+run.dataset.to - t0) / (t1 - t0));
      run.toggleAttribute("hidden", right <= left);
      if (right <= left) continue;
      run.setAttribute("x", `${100 * left}%`);
      run.setAttribute("width", `${100 * (right - left)}%`);
      const name = run.querySelector("text");
      name.setAttribute("class", "run-name");
      name.removeAttribute("hidden");
      name.toggleAttribute("hidden", name.getComputedTextLength() + ROOM_PX > wide * (right - left));
    }
  }

  #second(x) {
    const { left, width } = this.strip.getBoundingClientRect();
    const { t0, t1 } = this.viewer.view;
    return t0 + ((x - left) / width) * (t1 - t0);
  }
}

export class Chroma {
  constructor(image, viewer) {
    this.image = image;
    this.viewer = viewer;
    viewer.followers.push(this);
  }

  draw() {
    const { t0, t1, duration } = this.viewer.view;
    this.image.style.width = `${(100 * duration) / (t1 - t0)}%`;
    this.image.style.left = `${(-100 * t0) / (t1 - t0)}%`;
  }
}
