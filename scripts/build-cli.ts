import { chmodSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, build as esbuild, type Metafile, type Plugin } from 'esbuild';

export const CLI_FILE = 'dist/jobwatch.mjs';
export const ACTION_FILE = 'dist/action/index.mjs';

/** Modules that few commands use and that are large: the AWS SDK is four fifths of the file. */
const PACKED = /\/aws\.ts$/;

/**
 * The body is CommonJS inside an ES module: there a module of Node's is loaded when the code that needs it first runs,
 * while all `import`s of an ES module load at the start.
 */
const BANNER = `#!/usr/bin/env node
import { createRequire as makeRequire } from 'node:module';
if (Number(process.versions.node.split('.')[0]) < 22) {
  console.error('jobwatch: this is Node ' + process.versions.node +
    '; the command line needs Node 22.12 or later: https://nodejs.org/');
  process.exit(64);
}
const require = makeRequire(import.meta.url);
const module = { exports: {} };`;

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

export interface BuiltFile {
  readonly bytes: number;
  /** esbuild's accounts of what the file holds: of the file itself, and of each module packed into it. */
  readonly metafiles: readonly Metafile[];
}

/**
 * Bundles the command line to one file that needs Node and nothing else. Throws esbuild's error if a file does not
 * compile.
 */
export async function buildCli(root: string, outfile = join(root, CLI_FILE)): Promise<BuiltFile> {
  const packed: Metafile[] = [];
  return bundle(root, 'cli/main.ts', outfile, packing(root, packed), packed);
}

/** Bundles the GitHub Action likewise; it talks to the API alone, and has no AWS SDK. */
export async function buildAction(root: string, outfile = join(root, ACTION_FILE)): Promise<BuiltFile> {
  return bundle(root, 'action/main.ts', outfile, leavingOut, []);
}

async function bundle(
  root: string,
  entry: string,
  outfile: string,
  plugin: Plugin,
  packed: readonly Metafile[],
): Promise<BuiltFile> {
  const { metafile } = await esbuild({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    banner: { js: BANNER },
    plugins: [plugin],
    metafile: true,
  });
  chmodSync(outfile, 0o755);
  return { bytes: Object.values(metafile.outputs)[0]?.bytes ?? 0, metafiles: [metafile, ...packed] };
}

/** What `await import('….ts')` of a large module names is not there. */
const leavingOut: Plugin = {
  name: 'leaving-out',
  setup(build) {
    build.onResolve({ filter: PACKED }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, namespace: 'left-out' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not part of this program.`)});`,
      loader: 'js',
    }));
  },
};

/**
 * Puts what `await import('….ts')` names into the bundle as text, so that a command that does not use it does not parse
 * it either.
 */
function packing(root: string, metafiles: Metafile[]): Plugin {
  return {
    name: 'packing',
    setup(build) {
      build.onResolve({ filter: PACKED }, ({ kind, path, resolveDir }) =>
        kind === 'dynamic-import' ? { path: resolve(resolveDir, path), namespace: 'packed' } : undefined,
      );
      build.onLoad({ filter: /./, namespace: 'packed' }, async ({ path }) => {
        const options = { ...COMMON, absWorkingDir: root, entryPoints: [path] };
        const packed = await esbuild({ ...options, write: false, metafile: true });
        metafiles.push(packed.metafile);
        const text = packed.outputFiles[0]?.text ?? '';
        const contents = `const packed = { exports: {} };
new Function('require', 'module', 'exports', ${JSON.stringify(text)})(require, packed, packed.exports);
module.exports = packed.exports;`;
        return { contents, loader: 'js' };
      });
    },
  };
}

if (import.meta.main) {
  for (const [file, build] of [
    [CLI_FILE, buildCli],
    [ACTION_FILE, buildAction],
  ] as const) {
    const { bytes } = await build(process.cwd());
    console.log(`${file}  ${(bytes / 1024).toFixed(0)} KiB`);
  }
}
