/** `{label.x}` in the path of a URL: the value of the job's label. The host never depends on a label. */

const PLACE = /\{label\.([A-Za-z0-9_.-]{1,64})\}/g;
const STAND_IN = 'jobwatch-label';

export function labelsIn(url: string): readonly string[] {
  return [...url.matchAll(PLACE)].map(([, key = '']) => key);
}

/** What is wrong with the places of labels in a URL, in words; empty: nothing, or there are none. */
export function labelPathProblems(url: string): readonly string[] {
  if (!/\{label/i.test(url)) return [];
  const stoodIn = url.replace(PLACE, STAND_IN);
  if (/\{label/i.test(stoodIn)) return ['expected {label.<key>} with the key of a label'];
  const pathname = URL.parse(stoodIn)?.pathname ?? '';
  const inPath = pathname.split(STAND_IN).length - 1;
  return inPath === labelsIn(url).length ? [] : ['{label.<key>} may stand in the path alone'];
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
    if (trouble !== null) return { kind: 'unfit', reason: `the label ${key} is ${trouble}, and the URL needs it` };
  }
  return {
    kind: 'filled',
    url: url.replace(PLACE, (_, key: string) => encodeURIComponent(String(labels[key]).toWellFormed())),
  };
}

/** Why a value can't stand in a path: dots alone, encoded or not, would lead out of their place. */
function troubleOf(value: unknown): string | null {
  if (typeof value !== 'string') return 'absent';
  if (value === '') return 'empty';
  return /^(\.|%2e){1,2}$/i.test(value) ? '"." or ".."' : null;
}
