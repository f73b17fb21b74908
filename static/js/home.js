// The front page: choose, drop (files, folders) or paste; one file goes to its answer, many become rows.
import { filesOf } from "./folders.js";
import { send } from "./send.js";
import { Rows } from "./rows.js";

const form = document.querySelector("[data-send]");
const input = form.querySelector("[data-file-input]");
const drop = form.querySelector("[data-drop]");
const rows = new Rows(document.querySelector("[data-queue]"));
const AT_ONCE = 2;
const waiting = [];
let running = 0;

input.multiple = true;
input.addEventListener("change", () => { take([...input.files]); input.value = ""; });

addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("is-over"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("is-over"); });
addEventListener("drop", async (event) => {
  event.preventDefault();
  drop.classList.remove("is-over");
  take(await filesOf(event.dataTransfer));
});
addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length) { event.preventDefault(); take(files); }
});

for (const example of document.querySelectorAll("[data-example]")) {
  example.addEventListener("submit", async (event) => {
    event.preventDefault();
    const url = example.dataset.example;
    const blob = await (await fetch(url)).blob();
    take([new File([blob], url.split("/").pop(), { type: blob.type })]);
  });
}

function take(files) {
  if (!files.length) { rows.say("Nothing there that could be measured: no sound file and no picture."); return; }
  const follow = files.length === 1 && running === 0 && waiting.length === 0;
  const choices = new FormData(form);
  choices.delete("file");
  for (const file of files) waiting.push({ file, choices, follow, row: rows.add(file) });
  next();
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    running += 1;
    one(waiting.shift()).finally(() => { running -= 1; next(); });
  }
}

async function one({ file, choices, follow, row }) {
  const answer = await send(file, choices, (fraction) => row.sending(fraction));
  if (answer.error) { row.refused(answer.error); return; }
  if (follow) { row.opening(); location.assign(answer.url); return; }
  await row.follow(answer);
}
