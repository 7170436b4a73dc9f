import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_DIR } from '../local/template/template.ts';
import { packageStack } from './package.ts';

const SOURCES = [
  'client',
  'console',
  'functions',
  'lib',
  'resources',
  'serverless.yml',
  'package.json',
  'tsconfig.json',
];

/** Packages the same sources for another stage in a folder of its own, passes that folder to `look`, and removes it. */
export async function withSecondPackage<Result>(
  root: string,
  stage: string,
  look: (folder: string) => Result,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'jobwatch-package-'));
  try {
    for (const path of SOURCES) cpSync(join(root, path), join(folder, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
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
