// The front page: choose, drop (files, folders) or paste; one file goes to its answer, many become rows.
import { onDrop, Queue } from "./queue.js";

const form = document.querySelector("[data-send]");
const input = form.querySelector("[data-file-input]");
const queue = new Queue(document.querySelector("[data-queue]"));

input.multiple = true;
input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
onDrop(form.querySelector("[data-drop]"), take);
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
  const choices = new FormData(form);
  choices.delete("file");
  queue.take(files, { choices, open: true });
}
