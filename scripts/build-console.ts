import { createHash } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'esbuild';
import { type Rolldown, build as vite } from 'vite';
import { API_FACTS } from '../lib/vendors/registry.ts';

export const CONSOLE_DIR = '.build/console';
const STYLES = 'console/styles';
/** What the whole console may weigh on its way to the browser. */
export const CONSOLE_MAX_GZIP_BYTES = 80_000;

export interface BuiltFile {
  readonly path: string;
  readonly contentType: string;
  readonly gzip: string;
  readonly hash: string;
  readonly gzipBytes: number;
}

export interface BuiltConsole {
  readonly files: readonly BuiltFile[];
  /** The files of the repository that went in, relative to the root, sorted. */
  readonly inputs: readonly string[];
  /** The bytes that each module has in it, by its path relative to the root, those of other people's packages too. */
  readonly modules: Readonly<Record<string, number>>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Builds `console/` to `.build/console/`. The same sources give the same bytes. Throws if a file does not compile or
 * the whole is too heavy.
 */
export async function buildConsole(root: string): Promise<BuiltConsole> {
  const result = await inProduction(() => build(root));
  const outputs = [result].flat().flatMap((one) => ('output' in one ? one.output : []));
  writeFileSync(join(root, '.build/.gitignore'), '*\n');
  const files = outputs.map(fileOf).sort((a, b) => (a.path < b.path ? -1 : 1));
  const gzipBytes = files.reduce((sum, file) => sum + file.gzipBytes, 0);
  if (gzipBytes > CONSOLE_MAX_GZIP_BYTES)
    throw new Error(`The console has ${gzipBytes} bytes gzipped; ${CONSOLE_MAX_GZIP_BYTES} are the limit.`);
  return { files, inputs: inputsOf(root, outputs), modules: modulesOf(root, outputs) };
}

function build(root: string) {
  return vite({
    root: join(root, 'console'),
    configFile: false,
    envDir: false,
    logLevel: 'warn',
    base: '/',
    publicDir: false,
    define: { APIS: JSON.stringify([...API_FACTS.values()]) },
    // The name of a file follows from where its sources lie: in the checkout, also if node_modules is a link.
    resolve: { preserveSymlinks: true },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: join(root, CONSOLE_DIR),
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // Nothing in lib/ or valibot acts by being imported: what is not used is left out.
      rolldownOptions: {
        external: ['node:crypto'],
        treeshake: { moduleSideEffects: (id: string) => id.includes('/console/') },
      },
    },
  });
}

/** Vite looks at NODE_ENV before its own mode: a test that packages would get other bytes. */
async function inProduction<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}

type Output = Rolldown.OutputChunk | Rolldown.OutputAsset;

function fileOf(output: Output): BuiltFile {
  const content = output.type === 'chunk' ? output.code : output.source;
  const contentType = CONTENT_TYPES[extname(output.fileName)];
  if (contentType === undefined) throw new Error(`The console has a file of an unknown kind: ${output.fileName}`);
  const gzip = gzipSync(content, { level: 9 });
  return {
    path: output.fileName === 'index.html' ? '/' : `/${output.fileName}`,
    contentType,
    gzip: gzip.toString('base64'),
    hash: createHash('sha256').update(content).digest('base64url').slice(0, 16),
    gzipBytes: gzip.length,
  };
}

function modulesOf(root: string, outputs: readonly Output[]): Readonly<Record<string, number>> {
  const modules = outputs.flatMap((output) => (output.type === 'chunk' ? Object.entries(output.modules) : []));
  const own = modules.filter(([id]) => id.startsWith(`${root}/`));
  return Object.fromEntries(own.map(([id, { renderedLength }]) => [relative(root, id), renderedLength]));
}

/**
 * Pictures are known by the names of the assets they became, modules by themselves. Of style sheets the bundler names
 * the one that imports the others: all are inputs.
 */
function inputsOf(root: string, outputs: readonly Output[]): readonly string[] {
  const modules = outputs.flatMap((output) => (output.type === 'chunk' ? output.moduleIds : []));
  const assets = outputs.flatMap((output) => (output.type === 'asset' ? output.originalFileNames : []));
  const paths = [
    ...modules.map((id) => id.replace(/\?.*$/, '')),
    ...assets.map((name) => join(root, 'console', name)),
    ...readdirSync(join(root, STYLES)).map((name) => join(root, STYLES, name)),
    join(root, 'console/index.html'),
  ];
  const own = paths.filter(
    (path) => path.startsWith(`${root}/`) && !path.includes('/node_modules/') && existsSync(path),
  );
  return [...new Set(own.map((path) => relative(root, path)))].sort();
}

const NAME = 'virtual:console-files';

/**
 * Lets a function import the built console as `virtual:console-files`; it is built if and only if one does. `onBuilt`
 * is told.
 */
export function consoleFiles(root: string, onBuilt: (built: BuiltConsole) => void): Plugin {
  return {
    name: 'console-files',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${NAME}$`) }, ({ path }) => ({ path, namespace: 'console-files' }));
      build.onLoad({ filter: /./, namespace: 'console-files' }, async () => {
        const built = await buildConsole(root);
        onBuilt(built);
        const files = built.files.map(({ gzipBytes: _, ...file }) => file);
        return { contents: `export const files = ${JSON.stringify(files)};`, loader: 'js' };
      });
    },
  };
}

if (import.meta.main) {
  const { files } = await buildConsole(process.cwd());
  for (const { path, gzipBytes } of files) console.log(`${path}  ${(gzipBytes / 1000).toFixed(1)} kB gzipped`);
  console.log(`${(files.reduce((sum, file) => sum + file.gzipBytes, 0) / 1000).toFixed(1)} kB in all`);
}
