/** What stands where a secret stood. */
export const MASK = '…';

/** Takes the texts out of what somebody else has said, however they are encoded in it. */
export function redact(text: string, secrets: readonly string[]): string {
  // A part of a URL is an encoded text itself.
  const known = new Set(secrets.flatMap((secret) => [secret, decode(secret).text]));
  const longestFirst = [...known].filter((secret) => secret !== '').sort((a, b) => b.length - a.length);
  return longestFirst.reduce((left, secret) => withoutEncoded(left.replaceAll(secret, MASK), secret), text);
}

/** A text with its escapes undone, and where each of its units ended in the original. */
interface Decoded {
  readonly text: string;
  readonly ends: readonly number[];
}

/**
 * What libraries write in the place of a character: JSON, of which some escape more than they have to (`\/`,
 * `\u002B`), URLs and forms (`%2B`, `%252B`), HTML and XML (`&#43;`, `&amp;`).
 */
const ESCAPE =
  /\\u00([\da-f]{2})|\\([^u])|%(?:25)?([\da-f]{2})|&#x0*([\da-f]{2});|&#0*(\d{2,3});|&(amp|lt|gt|quot|apos);/gi;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decode(text: string): Decoded {
  const ends: number[] = [];
  let plain = '';
  let from = 0;
  const copyTo = (to: number) => {
    plain += text.slice(from, to);
    for (; from < to; from += 1) ends.push(from + 1);
  };
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, json, escaped, percent, hex, decimal, entity = ''] = match;
    copyTo(match.index);
    from += whole.length;
    const code = Number.parseInt(json ?? percent ?? hex ?? '', 16);
    plain +=
      escaped ?? ENTITIES[entity.toLowerCase()] ?? String.fromCharCode(Number.isNaN(code) ? Number(decimal) : code);
    ends.push(from);
  }
  copyTo(text.length);
  return { text: plain, ends };
}

function withoutEncoded(said: string, secret: string): string {
  const { text, ends } = decode(said);
  let left = '';
  let from = 0;
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + secret.length)) {
    left += `${said.slice(from, at === 0 ? 0 : ends[at - 1])}${MASK}`;
    from = ends[at + secret.length - 1] ?? said.length;
  }
  return `${left}${said.slice(from)}`;
}
