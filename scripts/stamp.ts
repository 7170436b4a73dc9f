import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a package was made from, and what came of it: SHA-256 by path, relative to the root. */
interface Stamp {
  readonly args: readonly string[];
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

export interface StampFacts {
  readonly args: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * When the making began: an input written since may not be the one that went in, and makes the stamp one that never
   * fits.
   */
  readonly startedAtMs: number;
}

export function writeStamp(root: string, file: string, { args, inputs, outputs, startedAtMs }: StampFacts): void {
  const isOlder = (path: string): boolean =>
    (statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < startedAtMs;
  const digests = (paths: readonly string[]): [string, string][] =>
    paths.map((path) => [path, digestOf(root, path) ?? 'absent']);
  const stamp: Stamp = {
    args,
    inputs: Object.fromEntries(
      digests(inputs).map(([path, digest]) => [path, isOlder(path) ? digest : 'changed meanwhile']),
    ),
    outputs: Object.fromEntries(digests(outputs)),
  };
  writeFileSync(join(root, file), JSON.stringify(stamp));
}

/**
 * True if the stamp is there, was made with these arguments, covers these files at least, and every file it names is as
 * it was.
 */
export function isFresh(
  root: string,
  file: string,
  { args, inputs, outputs }: Omit<StampFacts, 'startedAtMs'>,
): boolean {
  if (!existsSync(join(root, file))) return false;
  const stamp: Stamp = JSON.parse(readFileSync(join(root, file), 'utf8'));
  if (JSON.stringify(stamp.args) !== JSON.stringify(args)) return false;
  const known = { ...stamp.inputs, ...stamp.outputs };
  return (
    [...inputs, ...outputs].every((path) => path in known) &&
    Object.entries(known).every(([path, digest]) => digestOf(root, path) === digest)
  );
}

function digestOf(root: string, path: string): string | null {
  const whole = join(root, path);
  return existsSync(whole) ? createHash('sha256').update(readFileSync(whole)).digest('hex') : null;
}
