// Ticks, guide lines and their words, drawn around and over the picture.

const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600];
const NAME_PX = 14;

export function clock(seconds, precise = false) {
  const whole = Math.floor(seconds);
  const h = Math.floor(whole / 3600), m = Math.floor(whole / 60) % 60, s = whole % 60;
  const rest = precise ? (seconds - whole).toFixed(2).slice(1) : "";
  return (h ? `${h}:${String(m).padStart(2, "0")}` : m) + `:${String(s).padStart(2, "0")}${rest}`;
}

export function drawAxes(g, { box, view, maxHz, colours }) {
  g.font = "12px system-ui, sans-serif";
  g.fillStyle = colours.muted;
  g.strokeStyle = colours.edge;
  g.lineWidth = 1;
  g.textAlign = "right";
  g.textBaseline = "middle";
  const kHz = maxHz / 1000;
  const step = box.height / kHz > 16 ? 2 : 4;
  for (let k = 0; k <= kHz; k += step) {
    const y = Math.round(box.bottom - (k / kHz) * box.height) + 0.5;
    tick(g, box.left - 5, y, box.left, y);
    g.fillText(k === 0 ? "kHz" : k, box.left - 8, k === 0 ? y - 3 : Math.max(y, 7));
  }
  g.textBaseline = "top";
  const span = view.t1 - view.t0;
  const every = STEPS.find((s) => (s / span) * box.width > 64) ?? 7200;
  for (let t = Math.ceil(view.t0 / every) * every; t <= view.t1 + 1e-9; t += every) {
    const x = Math.round(box.left + ((t - view.t0) / span) * box.width) + 0.5;
    tick(g, x, box.bottom, x, box.bottom + 5);
    g.textAlign = x < box.left + 14 ? "left" : x > box.right - 16 ? "right" : "center";
    g.fillText(every < 1 ? clock(t + 1e-9, true) : clock(t + 1e-9), x, box.bottom + 8);
  }
}

// Beside the picture all names find room; over it, a name that would cover a more important one stays away.
export function drawGuides(g, { box, maxHz, guides, colours, outside, cutoff }) {
  const taken = cutoff ? [yOf(box, maxHz, cutoff)] : [];
  const names = [];
  g.font = "11px system-ui, sans-serif";
  g.textBaseline = "middle";
  for (const { hz, name } of guides) {
    if (hz >= maxHz) continue;
    const y = Math.round(yOf(box, maxHz, hz)) + 0.5;
    g.strokeStyle = "rgb(255 255 255 / .5)";
    g.setLineDash([1, 3]);
    tick(g, box.left, y, box.right, y);
    g.setLineDash([]);
    const words = `${(hz / 1000).toFixed(1)}  ${name}`;
    if (outside) { names.push({ y, words, colour: colours.muted, font: "11px" }); continue; }
    if (taken.some((other) => Math.abs(other - y) < 14)) continue;
    taken.push(y);
    plate(g, words, box.right - 4, y, "right", "#fff");
  }
  return names;
}

// Pushes the names apart and leads each from its line.
export function drawNames(g, { box, names, colours }) {
  names.sort((a, b) => a.y - b.y);
  const places = names.map(({ y }) => y);
  for (let round = 0; round < 40; round += 1) {
    for (let i = 1; i < places.length; i += 1) {
      const lack = NAME_PX - (places[i] - places[i - 1]);
      if (lack > 0) { places[i - 1] -= lack / 2; places[i] += lack / 2; }
    }
  }
  names.forEach(({ y, words, colour, font }, i) => {
    g.strokeStyle = colours.edge;
    g.beginPath(); g.moveTo(box.right, y); g.lineTo(box.right + 4, y); g.lineTo(box.right + 12, places[i]); g.stroke();
    g.font = `${font} system-ui, sans-serif`;
    write(g, words, box.right + 16, places[i], colour, "left");
  });
}

export function drawCutoff(g, { box, maxHz, cutoff, colours, outside }) {
  const y = Math.round(yOf(box, maxHz, cutoff)) + 0.5;
  g.strokeStyle = "#fff";
  g.lineWidth = 1.5;
  g.setLineDash([8, 4]);
  tick(g, box.left, y, box.right, y);
  g.setLineDash([]);
  g.lineWidth = 1;
  g.font = "600 12px system-ui, sans-serif";
  if (outside) return [{ y, words: `${(cutoff / 1000).toFixed(2)}  measured`, colour: colours.ink, font: "600 12px" }];
  plate(g, `${(cutoff / 1000).toFixed(2)} kHz measured cutoff`, box.left + 6, y - 11, "left", "#fff");
  return [];
}

export function drawMark(g, { box, view, maxHz, mark }) {
  g.strokeStyle = "#fff";
  g.lineWidth = 2;
  if (mark.hz) { const y = yOf(box, maxHz, mark.hz); g.strokeRect(box.left + 1, y - 7, box.width - 2, 14); }
  if (mark.s !== undefined) { const x = xOf(box, view, mark.s); g.strokeRect(x - 6, box.top + 1, 12, box.height - 2); }
  g.lineWidth = 1;
}

export const yOf = (box, maxHz, hz) => box.bottom - (hz / maxHz) * box.height;
export const xOf = (box, view, s) => box.left + ((s - view.t0) / (view.t1 - view.t0)) * box.width;

function tick(g, x0, y0, x1, y1) { g.beginPath(); g.moveTo(x0, y0); g.lineTo(x1, y1); g.stroke(); }

function write(g, words, x, y, colour, align) { g.textAlign = align; g.textBaseline = "middle"; g.fillStyle = colour; g.fillText(words, x, y); }

function plate(g, words, x, y, align, colour) {
  const width = g.measureText(words).width + 8;
  g.fillStyle = "rgb(0 0 0 / .62)";
  g.fillRect(align === "right" ? x - width + 4 : x - 4, y - 7, width, 14);
  write(g, words, x, y + 0.5, colour, align);
}
