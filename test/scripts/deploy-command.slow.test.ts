import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unzip } from '../../local/runtime/unzip.ts';
import { PACKAGE_DIR, readTemplate, TEMPLATE_FILE, type Template } from '../../local/template/template.ts';
import { copySources } from '../../scripts/second-package.ts';
import { checkStage, checkValues } from '../../scripts/stage-settings.ts';

/**
 * Goal: the command that the documents name deploys what the sources say now. Method: the framework itself, started as
 * a user starts it, in a folder where nothing was built; packaging is the part of `deploy` that needs no account.
 */
const ROOT = join(import.meta.dirname, '../..');

let clone = '';

beforeEach(() => {
  clone = copySources(ROOT);
});

afterEach(() => rmSync(clone, { recursive: true }));

/** Everything that `npx serverless package` printed, and whether it succeeded. */
async function serverlessPackage(...args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  const env = { ...process.env, SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off' };
  try {
    const { stdout, stderr } = await promisify(execFile)('npx', ['serverless', 'package', ...args], {
      cwd: clone,
      env,
    });
    return { ok: true, output: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { ok: false, output: stdout + stderr };
  }
}

function shippedWatch(): string {
  unzip(join(clone, PACKAGE_DIR, 'watch.zip'), join(clone, 'unzipped'));
  return readFileSync(join(clone, 'unzipped/.build/watch/index.cjs'), 'utf8');
}

function template(): Template {
  return readTemplate(join(clone, PACKAGE_DIR, TEMPLATE_FILE));
}

function variables(): unknown {
  return template().resources['WatchLambdaFunction']?.properties['Environment'];
}

describe('npx serverless package', { timeout: 60_000 }, () => {
  test('builds where nothing was built, and again after a change', async () => {
    expect(existsSync(join(clone, '.build'))).toBe(false);
    expect(await serverlessPackage('--stage', 'prod')).toMatchObject({ ok: true, output: expect.any(String) });
    expect(shippedWatch()).not.toContain('changed since');
    appendFileSync(join(clone, 'functions/watch/index.ts'), "console.log('changed since');\n");
    expect(await serverlessPackage('--stage', 'prod')).toMatchObject({ ok: true, output: expect.any(String) });
    expect(shippedWatch()).toContain('changed since');
  });

  test('packages nothing for a stage that the functions would not start with', async () => {
    const { ok, output } = await serverlessPackage('--stage', 'Prod', '--param', 'watchSecond=40');
    expect(ok).toBe(false);
    expect(output).toContain('The stage "Prod" can\'t be used: expected 1 to 20 lower-case letters, digits or "-".');
    expect(output).toContain('--param watchSecond: there is no such setting.');
    expect(existsSync(join(clone, PACKAGE_DIR, TEMPLATE_FILE))).toBe(false);
  });

  test('packages nothing with a value that a function would not start with', async () => {
    const { ok, output } = await serverlessPackage('--param', 'watchSeconds=600', '--param', 'pollMinSeconds=soon');
    expect(ok).toBe(false);
    expect(output).toContain('watchSeconds: expected at most 57, the time-out less 13 s, not "600".');
    expect(output).toContain('pollMinSeconds: expected a whole number from 1 to 3600, not "soon".');
  });

  test('takes the settings of a stage from its file, those of the command line over them', async () => {
    mkdirSync(join(clone, 'stages'), { recursive: true });
    writeFileSync(
      join(clone, 'stages/blue.yml'),
      'watchSeconds: 40\npollMaxSeconds: 120\nwebhookAllowedCidrs: [10.0.0.0/8, 192.168.0.0/16]\ndeletionProtection: true\n' +
        'permissionsBoundaryArn: arn:aws:iam::111122223333:policy/bound\n',
    );
    expect(await serverlessPackage('--stage', 'blue', '--param', 'pollMaxSeconds=60')).toMatchObject({
      ok: true,
      output: expect.any(String),
    });
    expect(variables()).toMatchObject({
      Variables: { WATCH_SECONDS: '40', POLL_MAX_SECONDS: '60', POLL_MIN_SECONDS: '2' },
    });
    const { resources } = template();
    const roles = Object.values(resources).filter(({ type }) => type === 'AWS::IAM::Role');
    expect(new Set(roles.map(({ properties }) => properties['PermissionsBoundary']))).toEqual(
      new Set(['arn:aws:iam::111122223333:policy/bound']),
    );
    expect(resources['JobsTable']?.properties['DeletionProtectionEnabled']).toBe(true);
    expect(resources['DeliverLambdaFunction']?.properties['Environment']).toMatchObject({
      Variables: { WEBHOOK_ALLOWED_CIDRS: '10.0.0.0/8,192.168.0.0/16' },
    });
  });

  test('refuses a file with a name that is no setting', async () => {
    mkdirSync(join(clone, 'stages'), { recursive: true });
    writeFileSync(join(clone, 'stages/blue.yml'), 'watchSecond: 40\n');
    const { ok, output } = await serverlessPackage('--stage', 'blue');
    expect(ok).toBe(false);
    expect(output).toContain('stages/blue.yml: watchSecond: no such setting. Settings are ');
  });
});

test('every setting that the stack reads is known, so that no --param of it is refused', () => {
  const files = ['serverless.yml', ...readdirSync(join(ROOT, 'resources')).map((file) => `resources/${file}`)];
  const text = files.map((file) => readFileSync(join(ROOT, file), 'utf8'));
  const used = new Set([...text.join('').matchAll(/\$\{param:(\w+)/g)].map(([, name]) => name ?? ''));
  const [, defaults = ''] = /^custom:\n {2}default:\n((?: {4}.*\n)+)/m.exec(text[0] ?? '') ?? [];
  const known = [...defaults.matchAll(/^ {4}(\w+):/gm)].map(([, name]) => name ?? '');
  expect(known.toSorted()).toEqual([...used].toSorted());
});

test('a setting is named as the variable that it becomes', () => {
  const text = readFileSync(join(ROOT, 'serverless.yml'), 'utf8');
  const lines = [...text.matchAll(/^ {6}([A-Z_]+): \$\{param:(\w+)\}$/gm)];
  expect(lines.length).toBeGreaterThan(8);
  for (const [, variable = '', setting = ''] of lines)
    expect(variable).toBe(setting.replaceAll(/[A-Z]/g, '_$&').toUpperCase());
});

const QUEUES = ['PENDING_QUEUE_URL', 'REJECTED_QUEUE_URL', 'DELIVERIES_QUEUE_URL'];
const TABLES = ['JOBS', 'SUBSCRIPTIONS', 'DELIVERIES', 'DURATIONS', 'STATE', 'SECRETS', 'GROUPS'].map(
  (name) => `${name}_TABLE`,
);

test.each([
  [{}, null],
  [{ CALLBACK_KINDS: { 'Fn::Join': [] } }, null],
  [
    { CALLBACK_KINDS: 'tasks' },
    'callbackKinds: expected some of stepfunctions, durable, joined by commas, not "tasks".',
  ],
  [{ WATCH_SECONDS: '58' }, 'watchSeconds: expected at most 57, the time-out less 13 s, not "58".'],
  [{ WATCH_SECONDS: 'abc' }, 'watchSeconds: expected a whole number from 1 to 840, not "abc".'],
  [{ PENDING_QUEUE_URL: { 'Fn::Join': [] }, STATE_TABLE: { 'Fn::If': [] } }, null],
  [{ POLL_MIN_SECONDS: '9', POLL_MAX_SECONDS: '8' }, 'pollMaxSeconds: expected at least POLL_MIN_SECONDS, not "8".'],
])('the settings %j', (environment, problem) => {
  const references = [...QUEUES, ...TABLES].map((variable) => [variable, { Ref: 'Some' }]);
  const given = { ...Object.fromEntries(references), ...environment };
  expect(checkValues({ watch: { timeout: 70, environment: given } })).toBe(problem);
});

test.each([
  ['prod', [], null],
  ['a-stage-of-20-letter', ['watchSeconds=40'], null],
  ['a-stage-of-21-letters', [], 'The stage "a-stage-of-21-letters" can\'t be used'],
  ['dev', ['x=1'], '--param x: there is no such setting.\nSettings are pollMinSeconds, watchSeconds.'],
])('the stage %s with %j', (stage, given, problem) => {
  const found = checkStage(stage, given, ['watchSeconds', 'pollMinSeconds']);
  if (problem === null) expect(found).toBeNull();
  else expect(found).toContain(problem);
});
