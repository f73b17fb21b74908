// Files on their way to the server, two at a time, each with its row.
import { filesOf } from "./folders.js";
import { Rows } from "./rows.js";
import { send } from "./send.js";

const AT_ONCE = 2;

export class Queue {
  constructor(section, { onAnswer = () => {} } = {}) {
    this.rows = new Rows(section);
    this.onAnswer = onAnswer;
    this.waiting = [];
    this.running = 0;
  }

  // `open`: a single file goes on to its own page.
  take(files, { choices = [], open = false } = {}) {
    if (!files.length) { this.rows.say("Nothing there that could be measured: no sound file and no picture."); return; }
    const follow = open && files.length === 1 && this.running === 0;
    for (const file of files) this.waiting.push({ file, choices, follow, row: this.rows.add(file) });
    this.#next();
  }

  #next() {
    while (this.running < AT_ONCE && this.waiting.length) {
      this.running += 1;
      this.#one(this.waiting.shift()).finally(() => { this.running -= 1; this.#next(); });
    }
  }

  async #one({ file, choices, follow, row }) {
    const answer = await send(file, choices, (fraction) => row.sending(fraction));
    if (answer.error) { row.refused(answer.error); return; }
    if (follow) { row.opening(); location.assign(answer.url); return; }
    this.onAnswer();
    row.follow(answer).then(() => this.onAnswer());      // the next file needn't wait for this one's verdict
  }
}

// Whatever is dropped anywhere on the page.
export function onDrop(zone, take) {
  addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("is-over"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("is-over"); });
  addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    take(await filesOf(event.dataTransfer));
  });
}
