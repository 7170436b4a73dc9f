import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const ENTRY = 0x02014b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * Unpacks a zip into a folder: plain files, stored or deflated, below 4 GiB, which is what a function's package holds.
 * Layout: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT §4.3. Throws on anything else, and on a path that
 * leaves the folder.
 */
export function unzip(zipPath: string, folder: string): void {
  const zip = readFileSync(zipPath);
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || zip.readUInt32LE(end) !== END_OF_DIRECTORY) throw new Error(`${zipPath} is no zip`);
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== ENTRY) throw new Error(`${zipPath}: its directory is broken`);
    const nameBytes = zip.readUInt16LE(at + 28);
    const path = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    if (!path.endsWith('/')) writeEntry(zip, at, join(folder, safe(path)));
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}

function safe(path: string): string {
  const clean = normalize(path);
  if (clean.startsWith('..') || clean.startsWith(sep)) throw new Error(`the zip's path ${path} leaves its folder`);
  return clean;
}

function writeEntry(zip: Buffer, at: number, path: string): void {
  const method = zip.readUInt16LE(at + 10);
  const packedBytes = zip.readUInt32LE(at + 20);
  const header = zip.readUInt32LE(at + 42);
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const packed = zip.subarray(start, start + packedBytes);
  if (method !== STORED && method !== DEFLATED) throw new Error(`${path}: packed by method ${method}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, method === DEFLATED ? inflateRawSync(packed) : packed);
}
