import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** A file of the project's own code. Paths begin at the root of the repository. */
export interface Source {
  readonly name: string;
  readonly text: string;
  /** The project's own files that it imports, its types included. */
  readonly imports: readonly string[];
}

/** Tests mirror the code; what others wrote is not ours. */
const NOT_CODE = ['node_modules', 'test'];

/** Every TypeScript file of the repository at `root` but its tests, by name. */
export function readSources(root: string): readonly Source[] {
  const folders = readdirSync(root, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !NOT_CODE.includes(entry.name),
  );
  return folders
    .flatMap(({ name }) =>
      readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map((p) => join(name, p)),
    )
    .filter((name) => /\.tsx?$/.test(name))
    .toSorted()
    .map((name) => {
      const text = readFileSync(join(root, name), 'utf8');
      return { name, text, imports: importsOf(name, text) };
    });
}

/** The files that an import, an export from elsewhere or an import on demand of `text` names by a relative path. */
export function importsOf(name: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.map((specifier) => normalize(join(dirname(name), specifier)));
}
