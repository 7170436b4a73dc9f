import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
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
      components: components.map(shipped),
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
function shipped({ properties: _, ...component }: Fields): Fields {
  return { ...component, scope: 'required' };
}

/** The licence of each package, with the text that it comes with. */
export function licenceTexts(root: string, packages: readonly BundledPackage[]): string {
  const parts = packages.map(({ name, version, licence, folder }) => {
    const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
    const texts = files.toSorted().map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
    return [`${name} ${version}`, `Licence: ${licence}`, ...texts].join('\n\n');
  });
  return `${['What this release holds of other people’s work, and under which licences.', ...parts].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}
