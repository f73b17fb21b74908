// A training run's page: asks how far it is, and shows the page anew when something was said.
const run = document.querySelector("[data-run]");
const POLL_MS = 1000;
let seen = "";

async function look() {
  const reply = await fetch(run.dataset.run, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
  if (reply?.ok) {
    const now = await reply.json();
    const said = `${now.state} ${now.log.length}`;
    if (seen && said !== seen) { location.reload(); return; }
    seen = said;
    const bar = document.querySelector("progress");
    if (bar) bar.value = now.fraction;
  }
  setTimeout(look, POLL_MS);
}

look();
