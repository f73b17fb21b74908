// The table of one's own tracks: filter, sort, and rows that are still under way.
import { key } from "./keys.js";
import { onDrop, Queue } from "./queue.js";
import { refresh, remember } from "./regions.js";

const POLL_MS = 1500;
const table = document.querySelector("[data-tracks]");
const filter = document.querySelector("[data-filter]");
const count = document.querySelector("[data-count]");
let order = null;
let following = false;

const queue = new Queue(document.querySelector("[data-queue]"), { onAnswer: () => (table ? update() : location.reload()) });
onDrop(document.body, (files) => queue.take(files));

if (table) {
  remember();
  for (const head of table.querySelectorAll("[data-sort]")) head.querySelector("button").addEventListener("click", () => sortBy(head));
  filter.addEventListener("input", show);
  key("/", () => filter.focus());
  follow();
}

const rows = () => [...table.tBodies[0].rows];

function sortBy(head) {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  order = { column: head.cellIndex, sign: down ? -1 : 1, numeric: head.dataset.sort === "confidence" };
  show();
}

function show() {
  if (order) table.tBodies[0].append(...rows().sort(compare));
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let seen = 0;
  for (const row of rows()) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    seen += row.hidden ? 0 : 1;
  }
  const all = rows().length;
  count.textContent = words.length ? `${seen} of ${all} tracks` : `${all} ${all === 1 ? "track" : "tracks"}`;
}

function compare(one, other) {
  const [a, b] = [one, other].map((row) => row.cells[order.column].dataset.value);
  return order.sign * (order.numeric ? a - b : a.localeCompare(b, undefined, { numeric: true }));
}

async function update() {
  if ((await refresh()).has("rows")) show();
  follow();
}

async function follow() {
  if (following) return;
  following = true;
  while (table.querySelector("[data-under-way]")) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    if ((await refresh()).has("rows")) show();
  }
  following = false;
}
