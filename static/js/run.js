// A training run's page: asks how far it is, and shows the page anew when something was said.
const run = document.querySelector("[data-run]");
const POLL_MS = 1000;

async function look() {
  const reply = await fetch(run.dataset.run, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
  if (reply?.ok) {
    const now = await reply.json();
    const said = `${now.state} ${now.log.length}`;
    if (said !== run.dataset.said) { location.reload(); return; }   // also what happened while the page was on its way
    const bar = document.querySelector("progress");
    if (bar) bar.value = now.fraction;
  }
  setTimeout(look, POLL_MS);
}

look();
