// The browser's own copy of what was sent, so that the page can play it without the server keeping it.

const DB = "lineage";
const KEPT = 24;

export async function keep(id, file) {
  try {
    const store = await open("readwrite");
    await settle(store.put({ id, file, at: Date.now() }));
    await prune(store);
  } catch { /* no room or private browsing: the page then has no player */ }
}

export async function copyOf(id) {
  try { return (await settle((await open("readonly")).get(id)))?.file ?? null; } catch { return null; }
}

export async function forget(id) {
  try { await settle((await open("readwrite")).delete(id)); } catch { /* nothing to forget */ }
}

async function prune(store) {
  const keys = await settle(store.index("at").getAllKeys());
  for (const old of keys.slice(0, Math.max(0, keys.length - KEPT))) store.delete(old);
}

async function open(mode) {
  const request = indexedDB.open(DB, 1);
  request.onupgradeneeded = () => request.result.createObjectStore("copies", { keyPath: "id" }).createIndex("at", "at");
  const db = await settle(request);
  return db.transaction("copies", mode).objectStore("copies");
}

function settle(request) {
  return new Promise((done, fail) => { request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); });
}
