/**
 * Ids, labels and what vendors write are data: nothing in them may mention anybody, or be read as markup. The four
 * robots read four dialects, of which two are described nowhere in full; so what any of them could take for markup is
 * replaced by its full-width twin, which reads the same and means nothing.
 */

/** From a character of ASCII to its twin. */
const TWIN_OFFSET = 0xfee0;
/** Marks that change the direction of what follows, and characters that nobody sees. Joiners of emoji stay. */
const UNSEEN = /[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const CONTROL = /\p{Cc}+/gu;
const MARKUP = /[<>&@[\]*~`\\|]/g;
/** Within a word an underscore is plain in every dialect; at its edge it can be emphasis. */
const EDGE_UNDERSCORE = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
/** `:smile:`, and `https://…`, which clients make a link of. Reads what follows a colon once, however long it is. */
const COLON = /:(?=\/\/|[\d_+'-]*[a-z][\w+'-]*:)/gi;

/** One line of plain text, whatever it was. */
export function neutral(text: string): string {
  return text
    .toWellFormed()
    .replace(CONTROL, ' ')
    .replace(UNSEEN, '')
    .replace(MARKUP, twin)
    .replace(EDGE_UNDERSCORE, twin)
    .replace(COLON, twin)
    .trim();
}

function twin(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) + TWIN_OFFSET);
}

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ELLIPSIS = '…';

/**
 * At most so many bytes of UTF-8. The cut falls between characters as people see them, flags and families too; one that
 * alone is too long is cut between its code points.
 */
export function cut(text: string, maxBytes: number): string {
  if (utf8Bytes(text) <= maxBytes) return text;
  const room = maxBytes - utf8Bytes(ELLIPSIS);
  // No character has more code units than bytes: what lies beyond can't fit.
  const near = text.slice(0, room + 1).toWellFormed();
  let kept = '';
  let bytes = 0;
  for (const { segment } of GRAPHEMES.segment(near)) {
    bytes += utf8Bytes(segment);
    if (bytes > room) return `${kept === '' ? codePoints(segment, room) : kept}${ELLIPSIS}`;
    kept += segment;
  }
  return `${kept}${ELLIPSIS}`;
}

function codePoints(text: string, maxBytes: number): string {
  let kept = '';
  let bytes = 0;
  for (const character of text) {
    bytes += utf8Bytes(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}

export function utf8Bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
