import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { RELEASE_CODE_DIR, RELEASE_TEMPLATE_FILE } from '../../local/template/template.ts';
import { fields, text } from '../../local/template/values.ts';
import { BUILD_DIR } from '../build.ts';
import { buildAction, buildCli } from '../build-cli.ts';
import { withLock } from '../lock.ts';
import { isFresh, writeStamp } from '../stamp.ts';
import { type BundledPackage, bundledPackages, licenceTexts, sbom } from './bundled.ts';
import { serveFiles } from './serve.ts';
import { releaseStack } from './stack.ts';
import { npmTarball } from './tarball.ts';
import { terraformFiles } from './terraform.ts';

export const RELEASE_DIR = 'release';
const FILES = join(import.meta.dirname, 'files');
const SUMS = 'SHA256SUMS';

/** What a release is made of, beside what npm has installed. */
const SOURCES = ['action', 'cli', 'client', 'console', 'functions', 'lib', 'local', 'resources', 'scripts', 'events'];
const SINGLE = ['package.json', 'package-lock.json', 'serverless.yml', 'LICENSE', 'README.md', 'CHANGELOG.md'];
const MORE = ['THIRD_PARTY.md', 'docs/aws.md', 'docs/settings.md', 'docs/cli.md', 'node_modules/.package-lock.json'];

/**
 * Writes `release/<version>/` at `root`: everything that deploying and using jobwatch takes, and nothing that has to be
 * built. The same sources give the same bytes wherever they lie, with the same Node and npm. Does nothing if it is there already. Answers the
 * folder.
 */
export async function makeRelease(root: string): Promise<string> {
  return withLock(root, () => releaseUnlessFresh(root), 'release');
}

async function releaseUnlessFresh(root: string): Promise<string> {
  const version = versionOf(root);
  const folder = join(root, RELEASE_DIR, version);
  const stamp = `${RELEASE_DIR}/.stamp-${version}.json`;
  const inputs = [...SINGLE, ...MORE, ...SOURCES.flatMap((name) => filesBelow(root, name))];
  const known = existsSync(folder) ? filesBelow(root, join(RELEASE_DIR, version)) : [];
  if (known.length > 0 && isFresh(root, stamp, { args: [], inputs, outputs: known })) return folder;
  const startedAtMs = Date.now();
  rmSync(folder, { recursive: true, force: true });
  await write(root, folder, version);
  const outputs = filesBelow(root, join(RELEASE_DIR, version));
  writeStamp(root, stamp, { args: [], inputs, outputs, startedAtMs });
  return folder;
}

async function write(root: string, folder: string, version: string): Promise<void> {
  const put = (name: string, content: string | Buffer, mode = 0o644) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), mode);
  };
  const { template, code, service } = await releaseStack(root, version);
  const templateText = `${JSON.stringify(template, null, 1)}\n`;
  put(RELEASE_TEMPLATE_FILE, templateText);
  for (const [name, content] of code) put(join(RELEASE_CODE_DIR, name), content);
  const own = (name: string) => readFileSync(join(FILES, name), 'utf8').replaceAll('@SERVICE@', service);
  put('deploy.sh', own('deploy.sh'), 0o755);
  put('terraform/main.tf', own('main.tf'));
  for (const [name, content] of Object.entries(terraformFiles(template))) put(join('terraform', name), content);

  const cli = await buildCli(root, join(folder, 'jobwatch.mjs'));
  const action = await buildAction(root, join(folder, 'action/index.mjs'));
  for (const name of ['action.yml', 'README.md']) put(join('action', name), readFileSync(join(root, 'action', name)));
  const ofFunctions: Metafile = JSON.parse(readFileSync(join(root, BUILD_DIR, 'meta.json'), 'utf8'));
  const serve = await serveFiles(root, templateText, code);
  const held = (metafiles: readonly Metafile[]) => bundledPackages(root, metafiles);
  const ofServe = bundledPackages(root, [ofFunctions, serve.metafile], serve.packages);
  const all = bundledPackages(
    root,
    [ofFunctions, serve.metafile, ...cli.metafiles, ...action.metafiles],
    serve.packages,
  );
  put('sbom.cdx.json', await sbom(root, version, all));
  put('LICENSES.txt', licenceTexts(root, all));
  for (const name of ['LICENSE', 'CHANGELOG.md']) cpSync(join(root, name), join(folder, name));
  put('action/LICENSES.txt', licenceTexts(root, held(action.metafiles)));

  const withLicences = (readme: string, packages: readonly BundledPackage[]) => [
    { name: 'README.md', content: readFileSync(join(FILES, readme), 'utf8').replaceAll('@VERSION@', version) },
    { name: 'LICENSE', content: readFileSync(join(root, 'LICENSE')) },
    { name: 'LICENSES.txt', content: licenceTexts(root, packages) },
  ];
  const cliFile = { name: 'jobwatch.mjs', content: readFileSync(join(folder, 'jobwatch.mjs')), mode: 0o755 };
  const cliFiles = [cliFile, ...withLicences('cli-readme.md', held(cli.metafiles))];
  const cliPackage = { name: 'jobwatch', bin: 'jobwatch.mjs', node: '22.12', files: cliFiles };
  put(`jobwatch-${version}.tgz`, await npmTarball(root, cliPackage));
  const files = [...serve.files, ...withLicences('serve/README.md', ofServe)];
  const servePackage = { name: 'jobwatch-serve', bin: 'serve.mjs', node: '22.18', files };
  put(`jobwatch-serve-${version}.tgz`, await npmTarball(root, servePackage));
  for (const name of ['Dockerfile', 'compose.yaml', 'jobwatch-serve.service', 'serve.json'])
    put(join('serve', name), readFileSync(join(FILES, 'serve', name), 'utf8').replaceAll('@VERSION@', version));
  put(SUMS, sumsOf(folder));
}

/** As `sha256sum` writes and checks them. */
function sumsOf(folder: string): string {
  const lines = filesBelow(folder, '.').map((name) => {
    const hash = createHash('sha256').update(readFileSync(join(folder, name)));
    return `${hash.digest('hex')}  ${name}\n`;
  });
  return lines.join('');
}

function versionOf(root: string): string {
  const manifest = fields(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')), 'package.json');
  return text(manifest['version'], 'package.json: version');
}

function filesBelow(root: string, folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}

if (import.meta.main) {
  const root = process.cwd();
  const folder = await makeRelease(root);
  if (!process.argv.includes('--quiet'))
    console.log(`Written: ${folder.slice(root.length + 1)}/, ${filesBelow(folder, '.').length} files.`);
}
