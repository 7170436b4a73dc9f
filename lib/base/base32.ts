/** Lower case, without what looks alike (RFC 4648). */
export const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Five bits a character; bits that are left over at the end are not written. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(value >>> (bits - 5)) & 31];
  }
  return text;
}
