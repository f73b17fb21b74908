// What was dropped, folders walked; only files that could be sound or a picture.

const USABLE = /\.(mp3|m4a|m4b|mp4|aac|flac|wav|wave|aif|aiff|aifc|ogg|oga|opus|wma|asf|mp2|ac3|mka|mkv|webm|mov|png|jpe?g|webp)$/i;

export async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];   // a single odd file gets its reason from the server
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found.filter((file) => USABLE.test(file.name)).sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

async function walk(entry, found) {
  if (entry.isFile) { found.push(await new Promise((done, fail) => entry.file(done, fail))); return; }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return;
    for (const child of some) await walk(child, found);
  }
}
