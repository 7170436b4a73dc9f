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
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (typeof value !== 'string') return { kind: 'unfit', reason: `the label ${key} is absent, and the URL needs it` };
    if (value === '') return { kind: 'unfit', reason: `the label ${key} is empty, and the URL needs it` };
    if (/^\.{1,2}$/.test(value.replace(/%2e/gi, '.')))
      return { kind: 'unfit', reason: `the label ${key} is "." or "..", which would lead out of its place` };
  }
  return {
    kind: 'filled',
    url: url.replace(PLACE, (_, key: string) => encodeURIComponent(String(labels[key]).toWellFormed())),
  };
}
