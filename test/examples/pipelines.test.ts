import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildAction } from '../../scripts/build-cli.ts';
import { preparePlace } from '../docs/played.ts';
import { type Site, startSite } from '../docs/scene.ts';

/**
 * Goal: a pipeline that somebody copies works. Method: what each runs on its runner is run here, against the packaged
 * system: its shell lines, and for GitHub the Action as built. The files of GitHub and GitLab are read by Python's YAML, and
 * skipped where there is none.
 */
const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'examples/pipelines');
const hasYaml = yamlIsThere();

let site: Site;
beforeAll(async () => {
  site = await startSite();
}, 120_000);
afterAll(() => site?.close(), 30_000);

async function run(name: string, command: string, args: readonly string[], more: Record<string, string>) {
  const place = site.placeOf(name);
  const env = { ...place.env, HOME: place.folder, PATH: process.env['PATH'], ...more };
  return promisify(execFile)(command, [...args], { cwd: place.folder, env });
}

const shell = (name: string, script: string, more: Record<string, string> = {}) =>
  run(name, 'bash', ['-e', '-c', script], more);

test.skipIf(!hasYaml)('GitHub', { timeout: 60_000 }, async () => {
  const place = site.placeOf('github');
  await preparePlace(place);
  const [, upgrade, wait] = parsed('github.yml').jobs.upgrade.steps;
  const output = join(place.folder, 'output');
  await writeFile(output, '');
  await shell('github', upgrade.run, { GITHUB_OUTPUT: output });
  const job = (await readFile(output, 'utf8')).trim().replace('job=', '');
  const values: Record<string, string> = {
    'vars.JOBWATCH_URL': site.scene.apiUrl,
    'secrets.JOBWATCH_TOKEN': site.scene.token,
    'steps.upgrade.outputs.job': job,
    'github.repository': 'shop/web',
    'github.run_id': '421',
  };
  const filled = (text: string) =>
    text.replace(/\$\{\{ (.*?) \}\}/g, (_, name: string) => values[name] ?? `no ${name}`);
  const inputs = Object.entries<string>(wait.with).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, filled(text)]);
  const built = join(place.folder, 'action/index.mjs');
  await mkdir(join(place.folder, 'action'));
  await buildAction(ROOT, built);
  const { stdout } = await run('github', process.execPath, [built], {
    ...Object.fromEntries(inputs),
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: output,
  });
  expect(stdout).toContain('succeeded (COMPLETE)');
  expect(await readFile(output, 'utf8')).toMatch(/result[\s\S]*succeeded/);
});

test.skipIf(!hasYaml)('GitLab', { timeout: 60_000 }, async () => {
  await preparePlace(site.placeOf('gitlab'));
  const { script, variables } = parsed('gitlab.yml').upgrade;
  const { PROJECT_ID } = variables;
  const project = { CI_PROJECT_PATH: 'shop/web', CI_PIPELINE_ID: '421' };
  const { stdout } = await shell('gitlab', script.join('\n'), { PROJECT_ID, ...project });
  expect(stdout).toContain('1 succeeded');
});

test('Jenkins', { timeout: 60_000 }, async () => {
  await preparePlace(site.placeOf('jenkins'));
  const text = await readFile(join(FOLDER, 'Jenkinsfile'), 'utf8');
  // Groovy reads `\\` in a text of three quotes as one.
  const script = /script: '''([\s\S]*?)'''/.exec(text)?.[1]?.replaceAll('\\\\', '\\') ?? '';
  const project = /PROJECT_ID = '(\w+)'/.exec(text)?.[1] ?? '';
  const { stdout } = await shell('jenkins', script, { PROJECT_ID: project, JOB_NAME: 'shop', BUILD_NUMBER: '421' });
  expect(stdout).toContain('1 succeeded');
});

/** What YAML holds is checked by its use here. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is that of GitHub and GitLab
function parsed(name: string): any {
  const program = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1])), default=str))';
  return JSON.parse(execFileSync('python3', ['-c', program, join(FOLDER, name)], { encoding: 'utf8' }));
}

function yamlIsThere(): boolean {
  try {
    execFileSync('python3', ['-c', 'import yaml'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
