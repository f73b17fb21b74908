// The spectrogram: levels from the server's picture, everything else drawn here.
import { clock, drawAxes, drawCutoff, drawGuides, drawMark, drawNames, xOf } from "./axes.js";
import { readLevels, paletteOf } from "./png.js";
import { View } from "./view.js";
import { gestures } from "./gestures.js";

const WIDE = 640;

export class Viewer {
  constructor(element, { onSeek }) {
    this.element = element;
    const { src, duration, maxHz, floor, step, cutoff } = element.dataset;
    Object.assign(this, { src, maxHz: +maxHz, floor: +floor, step: +step, cutoff: cutoff ? +cutoff : null });
    this.view = new View(+duration);
    this.find = (name) => element.querySelector(`[data-${name}]`);
    this.canvas = this.find("plot");
    this.g = this.canvas.getContext("2d");
    this.guides = JSON.parse(this.find("guide-lines").textContent);
    this.low = -120; this.high = 0; this.palette = "spek"; this.cursor = null; this.playhead = null; this.mark = null; this.followers = [];
    this.loaded = new Map(); this.palettes = new Map();
    this.sheet = document.createElement("canvas");
    this.#controls(onSeek);
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    addEventListener("themechange", () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.channel(element.dataset.channels.split(" ")[0]);
  }

  async channel(name) {
    const button = this.find(`channel="${name}"`);
    if (!button) return;
    for (const other of this.element.querySelectorAll("[data-channel]")) other.setAttribute("aria-pressed", String(other === button));
    this.wanted = name;
    if (!this.loaded.has(name)) this.loaded.set(name, this.#load(name));
    const picture = await this.loaded.get(name);
    if (this.wanted !== name) return;
    this.picture = picture;
    this.paint();
    this.element.classList.add("is-alive");
    this.element.dataset.shown = name;
  }

  async colours(name) {
    this.palette = name;
    this.find("palette").value = name;
    if (!this.palettes.has(name)) this.palettes.set(name, paletteOf(await this.#fetch(this.wanted, name)));
    this.paint();
  }

  range(low, high) {
    this.low = Math.min(low, this.high - 10, -10); this.high = Math.max(high, this.low + 10);
    this.find("low").value = this.low; this.find("high").value = this.high;
    this.find("floor-out").textContent = String(this.low).replace("-", "−");
    this.find("ceiling-out").textContent = `${String(this.high).replace("-", "−")} dBFS`;
    this.paint();
  }

  showMark(mark) {
    this.mark = mark;
    if (mark.s !== undefined) this.view.centre(mark.s);
    this.draw();
    this.element.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  // Levels to colours, once for each change of palette, range or channel.
  paint() {
    const palette = this.palettes.get(this.palette);
    if (!this.picture || !palette) return;
    const { width, height, levels } = this.picture;
    const colours = this.#lut(palette);
    Object.assign(this.sheet, { width, height });
    const g = this.sheet.getContext("2d");
    const image = g.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < levels.length; i += 1) pixels[i] = colours[levels[i]];
    g.putImageData(image, 0, 0);
    this.#legend(palette);
    this.draw();
  }

  draw() { this.pending ||= requestAnimationFrame(() => { this.pending = 0; this.#draw(); }); }

  #draw() {
    const { g, canvas } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!this.picture || !width) return;
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
    }
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.element);
    const px = (name) => parseFloat(style.getPropertyValue(name));
    const colours = Object.fromEntries(["ink", "muted", "edge", "accent"].map((name) => [name, style.getPropertyValue(`--${name}`)]));
    const outside = width >= WIDE && px("--plot-right") > 0;
    const box = { left: px("--plot-left"), top: px("--plot-top"), right: width - px("--plot-right"), bottom: height - px("--plot-bottom") };
    box.width = box.right - box.left; box.height = box.bottom - box.top;
    this.box = box;
    const { view, maxHz, cutoff } = this;
    const from = (view.t0 / view.duration) * this.picture.width;
    const span = ((view.t1 - view.t0) / view.duration) * this.picture.width;
    g.imageSmoothingEnabled = span * 1.5 > box.width * ratio || this.picture.height > box.height * ratio;
    g.imageSmoothingQuality = "high";
    g.drawImage(this.sheet, from, 0, span, this.picture.height, box.left, box.top, box.width, box.height);
    drawAxes(g, { box, view, maxHz, colours });
    for (const one of this.followers) one.draw();
    const names = [];
    if (this.find("guides").checked) names.push(...drawGuides(g, { box, maxHz, guides: this.guides, colours, outside, cutoff }));
    if (cutoff) names.push(...drawCutoff(g, { box, maxHz, cutoff, colours, outside }));
    drawNames(g, { box, names, colours });
    if (this.mark) drawMark(g, { box, view, maxHz, mark: this.mark });
    if (this.playhead !== null) this.#line(xOf(box, view, this.playhead), "#fff", 2);
    if (this.cursor) this.#crosshair();
  }

  #line(x, colour, width) {
    const { g, box } = this;
    if (x < box.left || x > box.right) return;
    g.fillStyle = colour;
    g.fillRect(x - width / 2, box.top, width, box.height);
  }

  #crosshair() {
    const { g, box, cursor } = this;
    g.fillStyle = "rgb(255 255 255 / .55)";
    g.fillRect(cursor.x, box.top, 1, box.height);
    g.fillRect(box.left, cursor.y, box.width, 1);
  }

  point(x, y) {
    const { box, view } = this;
    if (!box || x < box.left || x >= box.right || y < box.top || y >= box.bottom) { this.cursor = null; this.find("readout").textContent = ""; this.draw(); return; }
    this.cursor = { x, y };
    const s = view.t0 + ((x - box.left) / box.width) * (view.t1 - view.t0);
    const hz = ((box.bottom - y) / box.height) * this.maxHz;
    this.find("readout").textContent = `${Math.round(hz).toLocaleString("en").replace(",", " ")} Hz   ${clock(s, true)}   ${this.decibels(s, hz)} dBFS`;
    this.draw();
  }

  decibels(s, hz) {
    const { width, height, levels } = this.picture;
    const column = Math.min(width - 1, Math.floor((s / this.view.duration) * width));
    const row = Math.min(height - 1, Math.floor((1 - hz / this.maxHz) * height));
    return String((levels[row * width + column] * this.step + this.floor).toFixed(1)).replace("-", "−");
  }

  #lut(palette) {
    const out = new Uint32Array(256);
    const top = (this.high - this.floor) / this.step, bottom = (this.low - this.floor) / this.step;
    const last = Math.min(240, palette.length / 3 - 1);
    for (let level = 0; level < 256; level += 1) {
      const at = 3 * Math.round(Math.max(0, Math.min(1, (level - bottom) / (top - bottom))) * last);
      out[level] = 0xff000000 | (palette[at + 2] << 16) | (palette[at + 1] << 8) | palette[at];
    }
    return out;
  }

  #legend(palette) {
    const g = this.find("legend").getContext("2d");
    const lut = this.#lut(palette);
    const image = g.createImageData(256, 1);
    const pixels = new Uint32Array(image.data.buffer);
    for (let x = 0; x < 256; x += 1) pixels[x] = lut[Math.round((x / 255) * 240)];
    g.putImageData(image, 0, 0);
  }

  async #load(name) {
    const bytes = await this.#fetch(name, "spek");
    const picture = await readLevels(bytes);
    this.palettes.set("spek", picture.palette);
    return picture;
  }

  async #fetch(channel, palette) {
    const reply = await fetch(`${this.src}?channel=${channel}&palette=${palette}`);
    if (!reply.ok) throw new Error(`spectrogram: ${reply.status}`);
    return reply.arrayBuffer();
  }

  #controls(onSeek) {
    for (const button of this.element.querySelectorAll("[data-channel]")) button.addEventListener("click", () => this.channel(button.dataset.channel));
    for (const button of this.element.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => this.zoom(button.dataset.zoom));
    this.find("palette").addEventListener("change", (event) => this.colours(event.target.value));
    this.find("guides").addEventListener("change", () => this.draw());
    this.find("low").addEventListener("input", (event) => this.range(+event.target.value, this.high));
    this.find("high").addEventListener("input", (event) => this.range(this.low, +event.target.value));
    gestures(this.canvas, this, onSeek);
  }

  zoom(how) {
    if (how === "all") this.view.all(); else this.view.zoom(how === "in" ? 0.5 : 2);
    this.draw();
  }

  toggleGuides() { const box = this.find("guides"); box.checked = !box.checked; this.draw(); }

  nextColours() { const box = this.find("palette"); this.colours(box.options[(box.selectedIndex + 1) % box.options.length].value); }
}
