import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { type Fields, fields, isFields, text } from '../../local/template/values.ts';
import { BUILD_DIR } from '../build.ts';

export const THIRD_PARTY_FILE = 'THIRD_PARTY.md';

interface Bundled {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Null: its manifest names none. */
  readonly home: string | null;
}

/**
 * `THIRD_PARTY.md` for the bundles at `root`: esbuild's account of them decides what is listed. Throws on a package
 * without a licence.
 */
export function thirdParty(root: string): string {
  const meta: Metafile = JSON.parse(readFileSync(join(root, BUILD_DIR, 'meta.json'), 'utf8'));
  const users = new Map<string, Set<string>>();
  for (const [output, { inputs }] of Object.entries(meta.outputs)) {
    const name = output.split('/').at(-2) ?? '';
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = packageFolder(path);
      if (folder === null || bytesInOutput === 0) continue;
      users.set(folder, (users.get(folder) ?? new Set()).add(name));
    }
  }
  const rows = [...users]
    .map(([folder, names]) => ({ ...describe(root, folder), names: [...names].toSorted().join(', ') }))
    .toSorted((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
  const table = rows.map(
    ({ name, version, licence, home, names }) =>
      `| ${home === null ? name : `[${name}](${home})`} | ${version} | ${licence} | ${names} |`,
  );
  return [
    '# Third-party packages',
    '',
    'What the deployed functions hold of other people’s work: written by `npm run docs` from the bundles, ' +
      'checked by `npm run check`. A release says what it holds besides in its `LICENSES.txt` and `sbom.cdx.json`.',
    '',
    '| package | version | licence | in |',
    '|---|---|---|---|',
    ...table,
    '',
  ].join('\n');
}

/** The package that a file belongs to: the last `node_modules/<name>` of its path; null for our own files. */
export function packageFolder(path: string): string | null {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? null;
}

function describe(root: string, folder: string): Bundled {
  const manifest = fields(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')), folder);
  const name = text(manifest['name'], `${folder}: name`);
  return {
    name,
    version: text(manifest['version'], `${folder}: version`),
    licence: text(manifest['license'], `${folder}: license`),
    home: homeOf(manifest),
  };
}

function homeOf({ homepage, repository }: Fields): string | null {
  const given = typeof homepage === 'string' ? homepage : isFields(repository) ? repository['url'] : repository;
  if (typeof given !== 'string') return null;
  const url = given
    .replace(/^git\+/, '')
    .replace(/\.git$/, '')
    .replace(/^git:/, 'https:');
  return /^https:\/\/\S+$/.test(url) ? url : null;
}
