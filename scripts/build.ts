import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as esbuild, type Metafile } from 'esbuild';
import { type BuiltConsole, consoleFiles } from './build-console.ts';
import { withLock } from './lock.ts';

export const BUILD_DIR = '.build';

export interface Bundle {
  /** The function's short name: its folder in functions/. */
  readonly name: string;
  /** Relative to the root. */
  readonly path: string;
  readonly bytes: number;
}

export interface Built {
  readonly bundles: readonly Bundle[];
  /** Every file that went into a bundle, relative to the root, sorted. */
  readonly inputs: readonly string[];
}

/** The short names of the functions: every `functions/<name>/index.ts`, sorted. */
export function functionNames(root: string): string[] {
  return readdirSync(join(root, 'functions'))
    .filter((name) => existsSync(join(root, 'functions', name, 'index.ts')))
    .sort();
}

/**
 * Bundles each function, AWS SDK included, to `.build/<name>/index.cjs`: CommonJS starts faster than ESM, and a bundled
 * SDK faster than the runtime's own. The same sources give the same bytes. Source maps (names and lines, no sources)
 * and `.build/meta.json`, esbuild's account of what each bundle holds, lie beside the bundles and are not shipped.
 * Throws esbuild's error, with its messages, if a file does not compile.
 */
export async function build(root: string): Promise<Built> {
  const names = functionNames(root);
  rmSync(join(root, BUILD_DIR), { recursive: true, force: true });
  const consoles: BuiltConsole[] = [];
  const { metafile } = await esbuild({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, `functions/${name}/index.ts`])),
    outdir: BUILD_DIR,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    mainFields: ['module', 'main'],
    alias: { '@aws-sdk/credential-provider-node': './functions/common/credentials.ts' },
    minify: true,
    sourcemap: 'external',
    sourcesContent: false,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    plugins: [consoleFiles(root, (built) => consoles.push(built))],
    logLevel: 'warning',
  });
  const inputs = [
    ...Object.keys(metafile.inputs).filter((path) => !path.startsWith('console-files:')),
    ...consoles.flatMap((one) => one.inputs),
  ];
  // The folder hides itself from git and from what follows git's ignore files.
  writeFileSync(join(root, BUILD_DIR, '.gitignore'), '*\n');
  writeFileSync(join(root, BUILD_DIR, 'meta.json'), JSON.stringify(withConsole(metafile, consoles)));
  return { bundles: names.map((name) => bundleOf(name, metafile)), inputs: [...new Set(inputs)].sort() };
}

/** The console is built by another tool: its modules are an output of their own. */
function withConsole({ inputs, outputs }: Metafile, consoles: readonly BuiltConsole[]): Metafile {
  const parts = consoles.flatMap(({ modules }) => Object.entries(modules));
  if (parts.length === 0) return { inputs, outputs };
  const held = Object.fromEntries(parts.map(([path, bytesInOutput]) => [path, { bytesInOutput }]));
  const output = { bytes: 0, inputs: held, imports: [], exports: [] };
  return { inputs, outputs: { ...outputs, [`${BUILD_DIR}/console/index.html`]: output } };
}

function bundleOf(name: string, metafile: Metafile): Bundle {
  const path = `${BUILD_DIR}/${name}/index.cjs`;
  return { name, path, bytes: metafile.outputs[path]?.bytes ?? 0 };
}

if (import.meta.main) {
  const root = process.cwd();
  const { bundles } = await withLock(root, () => build(root));
  for (const bundle of bundles) {
    console.log(`${bundle.path}  ${(bundle.bytes / 1024).toFixed(0)} KiB`);
  }
}
