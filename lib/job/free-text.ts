import * as v from 'valibot';

/** What strangers may write, and what of it may be repeated: it ends up in logs, reasons and events. */

const urlLike = /[a-z][a-z0-9+.-]{0,20}:\/\//i;
const secretLike = new RegExp(
  [
    /^(whsec_|jw_|bearer\s|basic\s|gh[pousr]_|sk-)|-----BEGIN/,
    /\bA[KS]IA[0-9A-Z]{16}\b/,
    /(secret|password|passwd|token)\s*[=:]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);
const secretName = /secret|passw|token|credential|(access|private|api)[-_.]?key/i;

export const WELL_FORMED = 'expected well-formed Unicode';

/**
 * Half a character (a lone surrogate): JSON can write it, UTF-8 can't, and no store takes it.
 * https://www.rfc-editor.org/rfc/rfc8259#section-8.2
 */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

export const LIKE_A_SECRET = 'looks like a secret, which is not taken here';

export function notSecret() {
  return v.check<string, string>((text) => !secretLike.test(text), LIKE_A_SECRET);
}

/** Text that deployers may fill freely: nothing of it may be a secret or a URL. */
export function freeText(max: number) {
  return v.pipe(
    v.string(`expected text of at most ${max} characters`),
    v.maxLength(max, `expected text of at most ${max} characters`),
    v.check((text) => isWellFormed(text), WELL_FORMED),
    v.check((text) => !urlLike.test(text), 'looks like a URL, which is not taken here'),
    notSecret(),
  );
}

/** Whether a field or a label of that name would hold a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

export const HIDDEN_NAME = '(a name that is not shown)';

/** A stranger's name of a field is shown only if it is a plain word and no secret that came in the wrong place. */
export function showName(name: string): string {
  const isPlain = /^[A-Za-z0-9_-]{1,64}$/.test(name);
  return isPlain && !secretLike.test(name) && !looksRandom(name) ? name : HIDDEN_NAME;
}

const RANDOM_FROM = 16;
const RANDOM_WITH_DIGITS_FROM = 20;
/**
 * Words in camelCase change between lower and upper case at every third letter at most, random texts at every second.
 */
const CHANGES_A_LETTER = 0.4;

/** Keys and secrets are long runs of letters in both cases and digits; names of fields are words. */
function looksRandom(name: string): boolean {
  return name.split(/[-_]/).some((part) => {
    const kinds = [...part].map((letter) => (/\d/.test(letter) ? 'digit' : /[a-z]/.test(letter) ? 'lower' : 'upper'));
    const changes = kinds.filter((kind, index) => index > 0 && kind !== kinds[index - 1]).length;
    const isMixed = kinds.includes('digit') && /[a-z]/i.test(part);
    if (part.length >= RANDOM_WITH_DIGITS_FROM && isMixed) return true;
    return part.length >= RANDOM_FROM && changes / part.length > CHANGES_A_LETTER;
  });
}
