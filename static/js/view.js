// Which stretch of time is shown.

const LEAST_S = 0.25;

export class View {
  constructor(duration) { this.duration = duration; this.all(); }

  all() { this.t0 = 0; this.t1 = this.duration; }

  zoom(factor, around = (this.t0 + this.t1) / 2) {
    const span = Math.min(this.duration, Math.max(Math.min(LEAST_S, this.duration), (this.t1 - this.t0) * factor));
    const share = (around - this.t0) / (this.t1 - this.t0);
    this.#place(around - share * span, span);
  }

  pan(seconds) { this.#place(this.t0 + seconds, this.t1 - this.t0); }

  centre(second) { if (second < this.t0 || second > this.t1) this.#place(second - (this.t1 - this.t0) / 2, this.t1 - this.t0); }

  follow(second) { if (second > this.t1 || second < this.t0) this.#place(second, this.t1 - this.t0); }

  #place(start, span) {
    this.t0 = Math.max(0, Math.min(this.duration - span, start));
    this.t1 = this.t0 + span;
  }
}
