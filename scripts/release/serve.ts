import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { findDynoxide } from '../../local/engines/dynamodb.ts';
import { RELEASE_CODE_DIR, RELEASE_TEMPLATE_FILE } from '../../local/template/template.ts';
import type { TarballFile } from './tarball.ts';

/** The package that holds the DynamoDB engine of Linux x64, relative to the root. */
const ENGINE = 'node_modules/@dynoxide/linux-x64';
const ENTRIES = { serve: 'local/serve/main.ts', bootstrap: 'local/runtime/bootstrap.ts' };
/** CommonJS packages ask for modules of Node by `require`. */
const REQUIRE = `import { createRequire as makeRequire } from 'node:module';
const require = makeRequire(import.meta.url);`;

export interface ServeFiles {
  readonly files: readonly TarballFile[];
  readonly metafile: Metafile;
  /** Folders of packages that are in it beside what the bundle holds. */
  readonly packages: readonly string[];
}

/**
 * What `jobwatch-serve` is: two bundles (itself, and the inside of a function's process), the stack, and the engine for
 * Linux x64 where that is installed.
 */
export async function serveFiles(
  root: string,
  template: string,
  code: ReadonlyMap<string, Buffer>,
): Promise<ServeFiles> {
  const out = mkdtempSync(join(tmpdir(), 'jobwatch-serve-build-'));
  try {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: ENTRIES,
      outdir: out,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      target: 'node22',
      format: 'esm',
      mainFields: ['module', 'main'],
      minify: true,
      legalComments: 'none',
      logLevel: 'warning',
      // The portable engine keeps its tables in SQLite: LevelDB is native.
      alias: { level: join(root, 'local/engines/level.ts') },
      plugins: [dynaliteWhole],
      banner: { js: REQUIRE },
      metafile: true,
    });
    const built = readdirSync(out).map((name) => {
      const text = readFileSync(join(out, name), 'utf8');
      return { name, content: name === 'serve.mjs' ? `#!/usr/bin/env node\n${text}` : text, mode: 0o755 };
    });
    const hasEngine = existsSync(join(root, ENGINE));
    const engine = hasEngine ? [{ name: 'bin/dynoxide', content: binary(), mode: 0o755 }] : [];
    return {
      files: [
        ...built,
        ...engine,
        { name: RELEASE_TEMPLATE_FILE, content: template },
        ...[...code].map(([name, content]) => ({ name: join(RELEASE_CODE_DIR, name), content })),
      ],
      metafile,
      packages: hasEngine ? [ENGINE] : [],
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** dynalite names its files without their endings when it runs: a bundle knows them by their whole names. */
const dynaliteWhole: Plugin = {
  name: 'dynalite-whole',
  setup({ onLoad }) {
    onLoad({ filter: /\/dynalite\/index\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(/require\('(\.\/\w+\/)' \+ action\)/g, "require('$1' + action + '.js')");
      if (contents === text) throw new Error(`${path} names its actions otherwise.`);
      return { contents };
    });
  },
};

function binary(): Buffer {
  const path = findDynoxide('');
  if (path === null) throw new Error(`${ENGINE} has no program.`);
  return readFileSync(path);
}
