import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../local/serve/config.ts';
import { PACKAGE_DIR, RELEASE_TEMPLATE_FILE } from '../../../local/template/template.ts';
import { type Fields, fields } from '../../../local/template/values.ts';
import { BUILD_DIR } from '../../../scripts/build.ts';
import { makeRelease } from '../../../scripts/release/release.ts';
import { snakeCase } from '../../../scripts/release/terraform.ts';
import { copySources } from '../../../scripts/second-package.ts';

/** Goal: the folder of a release is complete, the same wherever it is built, and deploys with what it says it needs. */
const ROOT = join(import.meta.dirname, '../../..');
const VERSION = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;

let release = '';
let home = '';

beforeAll(async () => {
  release = await makeRelease(ROOT);
  home = mkdtempSync(join(tmpdir(), 'jobwatch-release-'));
}, 60_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const hashes = (folder: string) =>
  Object.fromEntries(filesIn(folder).map((name) => [name, sha256(join(folder, name))]));

test('holds what deploying and using jobwatch takes, and the sum of every file', () => {
  const names = filesIn(release).map((name) => name.replace(/-[0-9a-f]{64}/, '-‹sha256›'));
  expect(names).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'LICENSES.txt',
    'SHA256SUMS',
    'action/LICENSES.txt',
    'action/README.md',
    'action/action.yml',
    'action/index.mjs',
    'deploy.sh',
    ...readdirSync(join(ROOT, 'functions'))
      .filter((name) => name !== 'common')
      .map((name) => `functions/${name}-‹sha256›.zip`),
    `jobwatch-${VERSION}.tgz`,
    `jobwatch-serve-${VERSION}.tgz`,
    'jobwatch.mjs',
    'sbom.cdx.json',
    'serve/Dockerfile',
    'serve/compose.yaml',
    'serve/jobwatch-serve.service',
    'serve/serve.json',
    'template.json',
    'terraform/main.tf',
    'terraform/outputs.tf',
    'terraform/variables.tf',
  ]);
  const sums = readFileSync(join(release, 'SHA256SUMS'), 'utf8').trim().split('\n');
  const { SHA256SUMS: _, ...others } = hashes(release);
  expect(Object.fromEntries(sums.map((line) => line.split('  ').toReversed()))).toEqual(others);
  for (const name of filesIn(join(release, 'functions')))
    expect(name).toContain(sha256(join(release, 'functions', name)));
});

test('is the same, byte for byte, when it is built in another folder', { timeout: 90_000 }, async () => {
  const other = copySources(ROOT, ['action', 'docs']);
  try {
    // What a release reads the names of settings from; its own code and template are made anew in a third folder.
    for (const made of [BUILD_DIR, PACKAGE_DIR]) cpSync(join(ROOT, made), join(other, made), { recursive: true });
    expect(hashes(await makeRelease(other))).toEqual(hashes(release));
  } finally {
    rmSync(other, { recursive: true });
  }
});

test('names every package that it holds, with its licence', () => {
  const bom = JSON.parse(readFileSync(join(release, 'sbom.cdx.json'), 'utf8')) as {
    components: { name: string; version: string; licenses: unknown[] }[];
  };
  const names = bom.components.map(({ name }) => name);
  // Of the functions, the console, the command line and the part of it that speaks to AWS.
  expect(names).toEqual(
    expect.arrayContaining(['@aws-sdk/client-sqs', 'preact', 'commander', '@aws-sdk/client-ssm', 'fauxqs']),
  );
  expect(names).not.toContain('vitest');
  expect(bom.components.filter(({ licenses }) => licenses.length === 0)).toEqual([]);
  const texts = readFileSync(join(release, 'LICENSES.txt'), 'utf8');
  for (const { name, version } of bom.components) expect(texts).toContain(`\n\n${name} ${version}\n\nLicence: `);
  // Each with a text, and none with the place for a name.
  const sections = texts.split(`\n\n${'-'.repeat(80)}\n\n`).slice(1);
  expect(sections).toHaveLength(bom.components.length);
  for (const section of sections) expect(section.split('\n').length, section).toBeGreaterThan(6);
  expect(texts).not.toContain('@HOLDER@');
});

test('names the libraries of the program for tables, as its notices do', () => {
  const bom = JSON.parse(readFileSync(join(release, 'sbom.cdx.json'), 'utf8')) as {
    components: { name: string; version: string; components?: { name: string; version: string }[] }[];
  };
  const engine = bom.components.find(({ components }) => components !== undefined);
  // Where the engine of Linux x64 is not installed a release holds none.
  if (engine === undefined) return expect(readdirSync(join(ROOT, 'node_modules'))).not.toContain('@dynoxide');
  const notices = readFileSync(join(release, 'LICENSES.txt'), 'utf8').replace(/\n {2}/g, ' ');
  expect(notices).toContain(`dynoxide ${engine.version} (https://`);
  const crates = engine.components?.map(({ name, version }) => `${name} ${version}`) ?? [];
  expect(crates).toContain('tokio 1.53.1');
  expect(crates.filter((crate) => !notices.includes(` ${crate}`))).toEqual([]);
});

test('has a Terraform variable for each parameter and an output for each output', () => {
  const template = JSON.parse(readFileSync(join(release, RELEASE_TEMPLATE_FILE), 'utf8')) as Record<string, Fields>;
  const read = (name: string) => readFileSync(join(release, 'terraform', name), 'utf8');
  const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);
  const parameters = Object.keys(fields(template['Parameters'], 'Parameters'));
  expect(found(read('variables.tf'), /^variable "(\w+)"/gm)).toEqual(parameters.map(snakeCase));
  expect(found(read('variables.tf'), /^ {4}(\w+) += var\./gm)).toEqual(parameters);
  expect(found(read('outputs.tf'), /outputs\["(\w+)"\]/g)).toEqual(Object.keys(template['Outputs'] ?? {}));
  // What main.tf names itself.
  expect(parameters.map(snakeCase)).toEqual(expect.arrayContaining(['code_bucket', 'code_prefix', 'stage']));
  expect(read('main.tf').match(/^resource "aws_cloudformation_stack"/gm)).toHaveLength(1);
  expect(read('main.tf')).not.toContain('@SERVICE@');
});

test('has the Action with its built file, which reads the inputs that it declares', () => {
  const action = readFileSync(join(release, 'action/action.yml'), 'utf8');
  expect(action).toMatch(/\nruns:\n {2}using: node24\n {2}main: index\.mjs\n$/);
  const [, inputs = ''] = /\ninputs:\n([\s\S]*?)\noutputs:/.exec(action) ?? [];
  const declared = [...inputs.matchAll(/^ {2}([a-z-]+):$/gm)].map(([, name]) => name);
  const step = readFileSync(join(ROOT, 'action/step.ts'), 'utf8');
  for (const name of declared) expect(step).toContain(`'${name}'`);
  expect(declared).toHaveLength(13);
});

test('is published from a tag by a workflow that names only what is there, and actions by their commit', () => {
  const folder = join(ROOT, '.github/workflows');
  const workflow = readFileSync(join(folder, 'release.yml'), 'utf8');
  const named = [...workflow.matchAll(/"release\/\$VERSION\/([^"]+)"/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(4);
  for (const name of named) expect(existsSync(join(release, name.replaceAll('$VERSION', VERSION))), name).toBe(true);
  for (const name of readdirSync(folder)) {
    const used = [...readFileSync(join(folder, name), 'utf8').matchAll(/uses: (\S+)/g)].map(([, action]) => action);
    for (const action of used) expect(action, name).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  }
});

test('has files for one machine that name what is there', () => {
  const read = (name: string) => readFileSync(join(release, 'serve', name), 'utf8');
  const all = ['Dockerfile', 'compose.yaml', 'jobwatch-serve.service'].map(read).join('\n');
  expect(all).not.toContain('@VERSION@');
  const copied = [...read('Dockerfile').matchAll(/jobwatch[a-z-]*-[0-9.]+\.tgz/g)].map(([name]) => name);
  expect(new Set(copied)).toEqual(new Set([`jobwatch-serve-${VERSION}.tgz`, `jobwatch-${VERSION}.tgz`]));
  // Not root, nothing written but the data, a health check; 15 s to end in.
  expect(read('Dockerfile')).toMatch(/\nUSER node\n[\s\S]*\nHEALTHCHECK /);
  expect(read('compose.yaml')).toMatch(/ read_only: true\n[\s\S]* stop_grace_period: 15s\n/);
  expect(read('jobwatch-serve.service')).toMatch(/\nTimeoutStopSec=15\n[\s\S]*\nProtectSystem=strict\n/);
  expect(parseConfig(read('serve.json'), 'serve.json')).toMatchObject({ address: '127.0.0.1', port: 8080 });
});

test('is told of in the changelog', () => {
  expect(readFileSync(join(release, 'CHANGELOG.md'), 'utf8')).toMatch(new RegExp(`^## ${VERSION}$`, 'm'));
});

describe('deploy.sh', () => {
  /** The release in a folder of its own, and an `aws` on the path that writes down how it was called. */
  const deploy = async (change: (folder: string) => void, ...args: readonly string[]) => {
    const folder = join(mkdtempSync(join(home, 'deploy-')), 'the release');
    cpSync(release, folder, { recursive: true });
    change(folder);
    const bin = join(folder, '../bin');
    mkdirSync(bin);
    const calls = join(bin, 'calls');
    writeFileSync(
      join(bin, 'aws'),
      `#!/bin/sh\n{ for word in "$@"; do printf '%s\\t' "$word"; done; echo; } >> '${calls}'\n` +
        '[ "$2" = describe-stacks ] && printf "HttpApiUrl\\thttps://api.example\\n"\nexit 0\n',
      { mode: 0o755 },
    );
    writeFileSync(calls, '');
    const env = { PATH: `${bin}:/usr/bin:/bin` };
    const ran = await promisify(execFile)('bash', [join(folder, 'deploy.sh'), ...args], { env, cwd: '/' }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    );
    const lines = readFileSync(calls, 'utf8').split('\n').slice(0, -1);
    return { ...ran, calls: lines.map((line) => line.split('\t').slice(0, -1)) };
  };

  test('copies the code, deploys with the parameters that it is given, and prints the outputs', async () => {
    const { code, stdout, calls } = await deploy(() => {}, 'prod', 'my-code', 'DeployerArns=a b,c', 'MaxWorkers=2');
    expect([code, stdout]).toEqual([0, 'HttpApiUrl\thttps://api.example\n']);
    const zips = filesIn(join(release, 'functions'));
    expect(calls.slice(0, -2)).toEqual(
      zips.map((zip) => ['s3', 'cp', '--only-show-errors', `functions/${zip}`, `s3://my-code/jobwatch/${zip}`]),
    );
    const [deployed = [], described = []] = calls.slice(-2);
    const valuesOf = (option: string) => deployed.slice(deployed.indexOf(option) + 1);
    expect(deployed.slice(0, 2)).toEqual(['cloudformation', 'deploy']);
    expect(valuesOf('--stack-name')[0]).toBe('jobwatch-prod');
    expect(valuesOf('--template-file')[0]).toBe(RELEASE_TEMPLATE_FILE);
    expect(valuesOf('--parameter-overrides').slice(0, 5)).toEqual([
      'Stage=prod',
      'CodeBucket=my-code',
      'CodePrefix=jobwatch',
      'DeployerArns=a b,c',
      'MaxWorkers=2',
    ]);
    expect(valuesOf('--tags')).toEqual(['service=jobwatch', 'stage=prod']);
    expect(described.slice(0, 4)).toEqual(['cloudformation', 'describe-stacks', '--stack-name', 'jobwatch-prod']);
  });

  test('asks AWS for nothing with a file that is not as it was released', async () => {
    const tamper = (folder: string) => appendFileSync(join(folder, RELEASE_TEMPLATE_FILE), ' ');
    const { code, stderr, calls } = await deploy(tamper, 'prod', 'my-code');
    expect([code === 0, calls]).toEqual([false, []]);
    expect(stderr).toContain('template.json');
  });

  const sumsOf = (folder: string) => join(folder, 'SHA256SUMS');
  test.each<[string, (sums: string) => string]>([
    ['cut short', (sums) => sums.slice(0, sums.indexOf('template.json') - 10)],
    ['without a line', (sums) => sums.replace(/^.*functions\/api-.*\n/m, '')],
    ['with the line ends of Windows', (sums) => sums.replaceAll('\n', '\r\n')],
  ])('copies nothing with sums %s', async (_, change) => {
    const { code, stderr, calls } = await deploy(
      (folder) => writeFileSync(sumsOf(folder), change(readFileSync(sumsOf(folder), 'utf8'))),
      'prod',
      'my-code',
    );
    expect([code, calls]).toEqual([1, []]);
    expect(stderr).toMatch(
      /SHA256SUMS does not name (template\.json|functions\/[\w-]+\.zip): copy the release again\.|FAILED/,
    );
  });

  test('says how it is used', async () => {
    const { code, stderr, calls } = await deploy(() => {}, 'prod');
    expect([code, calls]).toEqual([64, []]);
    expect(stderr).toContain('./deploy.sh STAGE BUCKET [Parameter=value ...]');
  });
});
