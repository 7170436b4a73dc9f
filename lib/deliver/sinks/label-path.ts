/** `{label.x}` in the path of a URL: the value of the job's label. The host never depends on a label. */

const PLACE = /\{label\.([A-Za-z0-9_.-]{1,64})\}/g;
const STAND_IN = 'jobwatch-label';
const OTHER_STAND_IN = 'jobwatch-other';
/** Labels are short, and a URL may name one often: servers take this much, and few take more. */
const FILLED_URL_MAX_CHARS = 8192;

export function labelsIn(url: string): readonly string[] {
  return [...url.matchAll(PLACE)].map(([, key = '']) => key);
}

/** What is wrong with the places of labels in a URL, in words; empty: nothing, or there are none. */
export function labelPathProblems(url: string): readonly string[] {
  if (!/\{label/i.test(url)) return [];
  if (/\{label/i.test(withoutLabels(url))) return ['expected {label.<key>} with the key of a label'];
  // The URL may hold a stand-in by itself; of two that differ it holds no more in the one than in the other.
  const one = URL.parse(withoutLabels(url));
  const other = URL.parse(url.replace(PLACE, OTHER_STAND_IN));
  if (one === null || other === null || around(one) !== around(other)) return [OUTSIDE_PATH];
  const inPath = count(one.pathname, STAND_IN) - count(other.pathname, STAND_IN);
  return inPath === labelsIn(url).length ? [] : [OUTSIDE_PATH];
}

const OUTSIDE_PATH = '{label.<key>} may stand in the path alone';

function around({ origin, username, password, search, hash }: URL): string {
  return JSON.stringify([origin, username, password, search, hash]);
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** With something in their places, for checks of the rest. */
export function withoutLabels(url: string): string {
  return url.replace(PLACE, STAND_IN);
}

export type Filled =
  | { readonly kind: 'filled'; readonly url: string }
  /** A label has no value that could stand in a path. */
  | { readonly kind: 'unfit'; readonly reason: string };

/** The URL with the labels' values, percent-encoded: none of them can leave its place in the path. */
export function fillLabels(url: string, labelsOf: () => Readonly<Record<string, unknown>>): Filled {
  if (labelsIn(url).length === 0) return { kind: 'filled', url };
  const labels = labelsOf();
  for (const key of labelsIn(url)) {
    const trouble = troubleOf(Object.hasOwn(labels, key) ? labels[key] : undefined);
    if (trouble !== null) return { kind: 'unfit', reason: `the label ${key} is ${trouble}, but the URL needs it` };
  }
  const filled = url.replace(PLACE, (_, key: string) => encodeURIComponent(String(labels[key]).toWellFormed()));
  if (filled.length <= FILLED_URL_MAX_CHARS) return { kind: 'filled', url: filled };
  return { kind: 'unfit', reason: `with the job's labels the URL is longer than ${FILLED_URL_MAX_CHARS} characters` };
}

/** Why a value can't stand in a path: dots alone, encoded or not, would lead out of their place. */
function troubleOf(value: unknown): string | null {
  if (typeof value !== 'string') return 'absent';
  if (value === '') return 'empty';
  return /^(\.|%2e){1,2}$/i.test(value) ? '"." or ".."' : null;
}
