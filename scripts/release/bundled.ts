import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { type Fields, fields, isFields, list, text } from '../../local/template/values.ts';
import { packageFolder } from '../docs/third-party.ts';

/** A package of somebody else's that a file of the release holds code of. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Where it is installed, relative to the root. */
  readonly folder: string;
}

/** The packages whose code esbuild put into what it built, and those of the folders `also`, sorted by name and version. */
export function bundledPackages(
  root: string,
  metafiles: readonly Metafile[],
  also: readonly string[] = [],
): readonly BundledPackage[] {
  const inputs = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs: parts }) => Object.entries(parts))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const folders = new Set([...inputs.flatMap(([path]) => packageFolder(path) ?? []), ...also]);
  const packages = [...folders].map((folder) => {
    const manifest = fields(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')), folder);
    const part = (name: string) => text(manifest[name], `${folder}: ${name}`);
    // An old form of npm's: {"type": "MIT"}.
    const { license } = manifest;
    const licence = text(isFields(license) ? license['type'] : license, `${folder}: license`);
    return { name: part('name'), version: part('version'), licence, folder };
  });
  const unique = new Map(packages.map((one) => [`${one.name}@${one.version}`, one]));
  return [...unique].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/**
 * npm's own account of what is locked, in CycloneDX, with those components only that the release holds, and without what
 * differs from run to run and from npm to npm. https://cyclonedx.org/docs/1.5/json/
 */
export async function sbom(root: string, version: string, packages: readonly BundledPackage[]): Promise<string> {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'];
  const { stdout } = await promisify(execFile)('npm', args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  const { serialNumber: _, metadata, ...bom } = fields(JSON.parse(stdout), 'npm sbom');
  const { timestamp: _time, tools: _tools, component, ...described } = fields(metadata, 'metadata');
  const wanted = new Map(packages.map((one) => [`${one.name}@${one.version}`, one]));
  const components = list(bom['components'], 'components')
    .map((one) => fields(one, 'components'))
    .filter((one) => wanted.has(refOf(one)));
  const found = new Set(components.map(refOf));
  const missing = [...wanted.keys()].filter((ref) => !found.has(ref));
  if (missing.length > 0) throw new Error(`npm sbom does not know ${missing.join(', ')}.`);
  const self = `jobwatch@${version}`;
  const dependencies = list(bom['dependencies'], 'dependencies')
    .map((one) => fields(one, 'dependencies'))
    .filter(({ ref }) => found.has(String(ref)))
    .map(({ ref, dependsOn }) => ({
      ref,
      dependsOn: list(dependsOn, 'dependsOn').filter((on) => found.has(String(on))),
    }));
  return `${JSON.stringify(
    {
      ...bom,
      metadata: { ...described, component: { ...fields(component, 'component'), 'bom-ref': self, name: 'jobwatch' } },
      components: components.map((one) => shipped(one, programOf(root, wanted.get(refOf(one))))),
      dependencies: [{ ref: self, dependsOn: [...found] }, ...dependencies],
    },
    null,
    2,
  )}\n`;
}

function refOf(component: Fields): string {
  return String(component['bom-ref']);
}

/** For npm it may be something that is only developed with: here it is part of what is shipped. */
function shipped({ properties: _, ...component }: Fields, program: Buffer | null): Fields {
  const crates = program === null ? [] : cratesIn(program);
  const components = crates.map(({ name, version }) => ({
    type: 'library',
    name,
    version,
    'bom-ref': `cargo:${name}@${version}`,
    purl: `pkg:cargo/${name}@${version}`,
  }));
  return { ...component, scope: 'required', ...(components.length > 0 ? { components } : {}) };
}

/** The engine of the tables is a package that holds a program. */
function programOf(root: string, one: BundledPackage | undefined): Buffer | null {
  return one?.name.startsWith('@dynoxide/') ? readFileSync(join(root, one.folder, 'dynoxide')) : null;
}

const LICENCES = join(import.meta.dirname, 'files/licences');

/**
 * The licence of each package, with the text that it comes with; where it comes with none, what stands in
 * `files/licences`. Throws if there is neither.
 */
export function licenceTexts(root: string, packages: readonly BundledPackage[]): string {
  const parts = packages.map(({ name, version, licence, folder }) => {
    const texts = textsIn(join(root, folder));
    const known = texts.length > 0 ? texts : textsFor(name, licence, join(root, folder));
    return [`${name} ${version}`, `Licence: ${licence}`, ...known].join('\n\n');
  });
  return `${['What this release holds of other people’s work, and under which licences.', ...parts].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function textsIn(folder: string): readonly string[] {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  return files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim());
}

/** Of a package by its own name, else of its licence; both are names of files. */
function textsFor(name: string, licence: string, folder: string): readonly string[] {
  const file = [name.replace('@', '').replace('/', '-'), licence]
    .map((one) => join(LICENCES, `${one}.txt`))
    .find((path) => existsSync(path));
  if (file === undefined) throw new Error(`${name} comes without its licence (${licence}): put it into ${LICENCES}.`);
  const { author } = fields(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')), folder);
  const holder = isFields(author) ? author['name'] : author;
  return [
    readFileSync(file, 'utf8')
      .trim()
      .replace('@HOLDER@', String(holder ?? `the authors of ${name}`)),
  ];
}

/** The Rust libraries that a program names itself, in the places of its panics: `tokio-1.53.1/src/…`. */
export function cratesIn(program: Buffer): readonly { readonly name: string; readonly version: string }[] {
  const found = program.toString('latin1').matchAll(/\b([a-z][a-z0-9_-]*)-(\d+\.\d+\.\d+)\/src\//g);
  const unique = new Map([...found].map(([, name = '', version = '']) => [`${name}@${version}`, { name, version }]));
  return [...unique].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
