// A palette PNG whose index is the level: read exactly, without a canvas that might round or tint it.

export async function readLevels(bytes) {
  const { width, height, palette, data } = chunks(new DataView(bytes));
  const raw = new Uint8Array(await new Response(new Blob(data).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
  return { width, height, palette, levels: unfilter(raw, width, height) };
}

export function paletteOf(bytes) { return chunks(new DataView(bytes)).palette; }

function chunks(view) {
  const found = { data: [], palette: null };
  for (let at = 8; at < view.byteLength;) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    const body = new Uint8Array(view.buffer, view.byteOffset + at + 8, length);
    if (type === 0x49484452) { found.width = view.getUint32(at + 8); found.height = view.getUint32(at + 12); }
    if (type === 0x504c5445) found.palette = body.slice();
    if (type === 0x49444154) found.data.push(body);
    at += length + 12;
  }
  return found;
}

// PNG specification, section 9: one byte a pixel, so "left" is the byte before.
function unfilter(raw, width, height) {
  const out = new Uint8Array(width * height);
  for (let y = 0, from = 0; y < height; y += 1) {
    const filter = raw[from];
    from += 1;
    const row = y * width;
    for (let x = 0; x < width; x += 1, from += 1) {
      const left = x ? out[row + x - 1] : 0;
      const up = y ? out[row + x - width] : 0;
      const corner = x && y ? out[row + x - width - 1] : 0;
      out[row + x] = raw[from] + (filter === 0 ? 0 : filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner));
    }
  }
  return out;
}

function paeth(a, b, c) {
  const p = a + b - c;
  const pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}
