/** Text as a terminal counts it. */

/** https://www.unicode.org/reports/tr11/; emoji come from Unicode's own property. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x1b2ff],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for.
const ESCAPES = /\u001b\[[0-9;]*[A-Za-z]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: labels may hold anything, and a terminal obeys these.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;
/** What `makePaint` writes, and ends of lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for.
const OWN_COLOURS = /\u001b\[(?:1|2|22|31|32|33|36|39)m|\n/g;
/** Marks that stand on the character before, and signs that are not seen. */
const WIDTHLESS = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Makes an emoji of the character before, which may then take two columns. */
const AS_EMOJI = 0xfe0f;

/** Columns that the text takes; colours take none. */
export function widthOf(text: string): number {
  return [...text.replace(ESCAPES, '')].reduce((sum, character) => sum + columnsOf(character), 0);
}

function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (WIDTHLESS.test(character)) return code === AS_EMOJI ? 1 : 0;
  const isWide = WIDE.some(([from, to]) => code >= from && code <= to) || /^\p{Emoji_Presentation}$/u.test(character);
  return isWide ? 2 : 1;
}

/** Strangers' text without what a terminal would obey. */
export function safe(text: string): string {
  return text.replace(CONTROLS, ' ');
}

/** Of a whole line, the last door before the terminal: `safe`, but for our own colours and for ends of lines. */
export function safeLine(line: string, hasColours: boolean): string {
  const kept = hasColours ? OWN_COLOURS : /\n/g;
  const own = line.match(kept) ?? [];
  return line
    .split(kept)
    .map((part, index) => safe(part) + (own[index] ?? ''))
    .join('');
}

/** JSON of the same value, in which nothing is left that a terminal or the log of a GitHub Action would obey. */
export function safeJson(json: string): string {
  // Within its texts JSON has escaped what stands below U+0020; outside of them it has ends of lines.
  return json
    .replaceAll('##[', '##\\u005b')
    .replace(CONTROLS, (found) =>
      [...found].map((unit) => (unit < ' ' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)).join(''),
    );
}

/** At most so many columns; a cut shows as `…`. Takes text without colours. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += columnsOf(character);
    if (used > width - 1) break;
    kept += character;
  }
  return width < 1 ? '' : `${kept}…`;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Takes out what must not be shown: whatever looks like a token or a webhook's secret. */
export function withoutSecrets(text: string): string {
  return text.replace(/\b(jw|whsec)_[A-Za-z0-9_+/=-]{8,}/g, '$1_…');
}
