import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_DIR } from '../local/template/template.ts';
import { packageStack } from './package.ts';

/** What no package is made of; what begins with a dot is made, or somebody's own. */
const NOT_SOURCES = ['node_modules', 'test', 'bench', 'docs', 'action', 'dist', 'release', 'coverage'];

/** Packages the same sources for another stage in a folder of its own, passes that folder to `look`, and removes it. */
export async function withSecondPackage<Result>(
  root: string,
  stage: string,
  look: (folder: string) => Result,
): Promise<Result> {
  const folder = copySources(root);
  try {
    await packageStack(folder, ['--stage', stage]);
    return look(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** SHA-256 of each zip by its name. */
export function zipHashes(root: string): Readonly<Record<string, string>> {
  const folder = join(root, PACKAGE_DIR);
  const zips = readdirSync(folder)
    .filter((file) => file.endsWith('.zip'))
    .toSorted();
  return Object.fromEntries(
    zips.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    ]),
  );
}

/**
 * The sources in a new folder, with nothing built or packaged, as a fresh clone has them after `npm ci`: what a package
 * is made of, and `also` these folders.
 */
export function copySources(root: string, also: readonly string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'jobwatch-package-'));
  const sources = readdirSync(root).filter(
    (name) => !name.startsWith('.') && (!NOT_SOURCES.includes(name) || also.includes(name)),
  );
  for (const path of sources) cpSync(join(root, path), join(folder, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  return folder;
}
