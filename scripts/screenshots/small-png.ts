import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS_MAX = 256;

/**
 * A screenshot (8 bits a channel, RGB or RGBA without transparency, not interlaced) with a palette of 256 of its
 * colours; the others become the nearest of those. Pictures of an interface lose nothing that is seen, and most of
 * their bytes. https://www.w3.org/TR/png-3/
 */
export function smallPng(png: Buffer): Buffer {
  const { width, height, channels, data } = chunksOf(png);
  const pixels = unfiltered(inflateSync(data), width, height, channels);
  const palette = paletteOf(pixels);
  const rows = indexed(pixels, palette, width, height);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunksOf(png: Buffer) {
  const parts: Buffer[] = [];
  let width = 0;
  let height = 0;
  let channels = 0;
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 8, at + 8 + length);
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IHDR') {
      width = body.readUInt32BE(0);
      height = body.readUInt32BE(4);
      channels = body[9] === 6 ? 4 : 3;
    } else if (type === 'IDAT') parts.push(body);
    at += length + 12;
  }
  return { width, height, channels, data: Buffer.concat(parts) };
}

/** Each pixel as one number, 0xrrggbb. */
function unfiltered(raw: Buffer, width: number, height: number, channels: number): Uint32Array {
  const stride = width * channels;
  const pixels = new Uint32Array(width * height);
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y += 1) {
    const from = y * (stride + 1);
    const row = Uint8Array.from(raw.subarray(from + 1, from + 1 + stride));
    unfilter(raw[from] ?? 0, row, above, channels);
    for (let x = 0; x < width; x += 1) {
      const at = x * channels;
      pixels[y * width + x] = ((row[at] ?? 0) << 16) | ((row[at + 1] ?? 0) << 8) | (row[at + 2] ?? 0);
    }
    above = row;
  }
  return pixels;
}

function unfilter(kind: number, row: Uint8Array, above: Uint8Array, channels: number): void {
  for (let at = 0; at < row.length; at += 1) {
    const left = row[at - channels] ?? 0;
    const up = above[at] ?? 0;
    const corner = at < channels ? 0 : (above[at - channels] ?? 0);
    const guesses = [0, left, up, (left + up) >> 1, paeth(left, up, corner)];
    row[at] = (row[at] ?? 0) + (guesses[kind] ?? 0);
  }
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/**
 * Half are the most frequent; each further one is the colour that, times its pixels, is farthest from what is there:
 * small marks keep their hue.
 */
function paletteOf(pixels: Uint32Array): readonly number[] {
  const counts = new Map<number, number>();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const palette = sorted.slice(0, COLOURS_MAX / 2).map(([colour]) => colour);
  const others = sorted.slice(COLOURS_MAX / 2).map(([colour, count]) => {
    const apart = Math.min(...palette.map((known) => distance(colour, known)));
    return { colour, count, apart };
  });
  while (palette.length < COLOURS_MAX && others.length > 0) {
    const next = others.reduce((best, one) => (one.count * one.apart > best.count * best.apart ? one : best));
    if (next.apart === 0) break;
    palette.push(next.colour);
    for (const one of others) one.apart = Math.min(one.apart, distance(one.colour, next.colour));
  }
  return palette;
}

function indexed(pixels: Uint32Array, palette: readonly number[], width: number, height: number): Buffer {
  const known = new Map(palette.map((colour, index) => [colour, index]));
  const rows = Buffer.alloc((width + 1) * height);
  pixels.forEach((pixel, at) => {
    let index = known.get(pixel);
    if (index === undefined) {
      index = nearest(pixel, palette);
      known.set(pixel, index);
    }
    rows[at + Math.floor(at / width) + 1] = index;
  });
  return rows;
}

function nearest(colour: number, palette: readonly number[]): number {
  return palette.reduce(
    (best, other, index) => (distance(colour, other) < distance(colour, palette[best] ?? 0) ? index : best),
    0,
  );
}

function distance(a: number, b: number): number {
  return [16, 8, 0].reduce((sum, shift) => sum + (((a >> shift) & 255) - ((b >> shift) & 255)) ** 2, 0);
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
