import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The most that a bundle (minified) and its zip may weigh, in bytes: a little over what they weigh today. Lower them
 * when they shrink.
 */
export const BUDGETS: Readonly<Record<string, { readonly bundle: number; readonly zip: number }>> = {
  api: { bundle: 606_000, zip: 240_000 },
  deliver: { bundle: 366_000, zip: 120_000 },
  reconcile: { bundle: 326_000, zip: 105_000 },
  wake: { bundle: 470_000, zip: 156_000 },
  watch: { bundle: 470_000, zip: 156_000 },
};

export interface Weight {
  readonly what: string;
  readonly bytes: number;
  readonly budget: number;
}

/** What the package at `root` weighs beside its budgets; a function without a budget has one of 0. */
export function weigh(root: string): readonly Weight[] {
  const zips = readdirSync(join(root, '.serverless')).filter((file) => file.endsWith('.zip'));
  const bytesOf = (path: string): number => statSync(join(root, path)).size;
  return zips
    .map((file) => file.replace(/\.zip$/, ''))
    .toSorted()
    .flatMap((name) => {
      const { bundle, zip } = BUDGETS[name] ?? { bundle: 0, zip: 0 };
      return [
        { what: `bundle of ${name}`, bytes: bytesOf(`.build/${name}/index.cjs`), budget: bundle },
        { what: `zip of ${name}`, bytes: bytesOf(`.serverless/${name}.zip`), budget: zip },
      ];
    });
}
