import { chmodSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, build as esbuild, type Plugin } from 'esbuild';

export const CLI_FILE = 'dist/jobwatch.mjs';

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

/**
 * Bundles the command line to one file that needs Node and nothing else. Answers its size in bytes. Throws esbuild's
 * error if a file does not compile.
 */
export async function buildCli(root: string, outfile = join(root, CLI_FILE)): Promise<number> {
  const { metafile } = await esbuild({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: ['cli/main.ts'],
    outfile,
    banner: { js: BANNER },
    plugins: [packing(root)],
    metafile: true,
  });
  chmodSync(outfile, 0o755);
  return Object.values(metafile.outputs)[0]?.bytes ?? 0;
}

/**
 * Puts what `await import('….ts')` names into the bundle as text, so that a command that does not use it does not parse
 * it either.
 */
function packing(root: string): Plugin {
  return {
    name: 'packing',
    setup(build) {
      build.onResolve({ filter: PACKED }, ({ kind, path, resolveDir }) =>
        kind === 'dynamic-import' ? { path: resolve(resolveDir, path), namespace: 'packed' } : undefined,
      );
      build.onLoad({ filter: /./, namespace: 'packed' }, async ({ path }) => {
        const packed = await esbuild({ ...COMMON, absWorkingDir: root, entryPoints: [path], write: false });
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
  const bytes = await buildCli(process.cwd());
  console.log(`${CLI_FILE}  ${(bytes / 1024).toFixed(0)} KiB`);
}
