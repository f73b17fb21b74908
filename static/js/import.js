// The import form with its progress: the server tells line by line how far it is, then sends its report.

const form = document.querySelector("[data-import]");
const box = document.querySelector("[data-progress]");
const bar = box.querySelector("progress");
const says = box.querySelector("[data-says]");
const place = document.querySelector("[data-report]");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  show("Reading the spreadsheet.");
  try {
    const reply = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/x-ndjson, application/problem+json;q=0.9" } });
    if (!reply.ok) { show((await reply.json()).detail ?? `The server answered ${reply.status}.`); bar.hidden = true; return; }
    for await (const line of lines(reply.body)) tell(JSON.parse(line));
    box.hidden = true;
  } catch { show("The connection broke off. What was imported by then stays; do it again for the rest."); bar.hidden = true; }
});

function tell({ done, total, html }) {
  if (html !== undefined) { place.innerHTML = html; place.querySelector("h2").scrollIntoView({ block: "nearest" }); return; }
  bar.value = total ? done / total : 1;
  says.textContent = `${done} of ${total} labels`;
}

function show(text) { box.hidden = false; bar.hidden = false; bar.removeAttribute("value"); says.textContent = text; place.replaceChildren(); }

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    yield* parts;
  }
  if (rest) yield rest;
}
