import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whole } from '../../../functions/common/environment.ts';
import { type Parameters, settle } from '../../../local/template/conditions.ts';
import { PACKAGE_DIR, RELEASE_TEMPLATE_FILE, TEMPLATE_FILE } from '../../../local/template/template.ts';
import { type Fields, fields, isFields } from '../../../local/template/values.ts';
import { BUILD_DIR } from '../../../scripts/build.ts';
import { runServerless } from '../../../scripts/package.ts';
import { parametersOf, type StackFacts } from '../../../scripts/release/parameters.ts';
import { makeRelease } from '../../../scripts/release/release.ts';
import { sentinelsOf } from '../../../scripts/release/sentinels.ts';
import { releaseTemplate } from '../../../scripts/release/template.ts';
import { copySources } from '../../../scripts/second-package.ts';

/**
 * Goal: a release makes the stack that `serverless deploy` makes. Method: both templates with the same settings, with
 * every parameter, condition and reference to the stage filled in.
 */
const ROOT = join(import.meta.dirname, '../../..');
const json = (path: string): Fields => fields(JSON.parse(readFileSync(path, 'utf8')), path);

let released: Fields;
let clone = '';
let defaults: Fields;

beforeAll(async () => {
  released = json(join(await makeRelease(ROOT), RELEASE_TEMPLATE_FILE));
  const state = fields(json(join(ROOT, PACKAGE_DIR, 'serverless-state.json'))['service'], 'service');
  defaults = fields(fields(state['custom'], 'custom')['default'], 'default');
  clone = copySources(ROOT);
  cpSync(join(ROOT, BUILD_DIR), join(clone, BUILD_DIR), { recursive: true });
}, 60_000);

afterAll(() => rmSync(clone, { recursive: true, force: true }));

const nameOf = (setting: string) => `${setting[0]?.toUpperCase()}${setting.slice(1)}`;

/** Settings as a user gives them, other than the default, where a pattern says what they may be. */
const OTHERS: Readonly<Record<string, string>> = {
  deployerArns: 'arn:aws:iam::111122223333:role/ci,arn:aws:iam::111122223333:role/sso*/x',
  kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/0a',
  alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:ops',
  webhookAllowedCidrs: '10.0.0.0/8,192.168.0.0/16',
  retryScheduleSeconds: '5,60',
  consoleUrl: 'https://jobwatch.example.com/console',
  watchReservedConcurrency: '2',
  apiReservedConcurrency: '5',
  permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/bound',
  deletionProtection: 'true',
};

/** A value of every setting other than its default, as far as its parameter says what it may be. */
function otherSettings(): Readonly<Record<string, string>> {
  const parameters = fields(released['Parameters'], 'Parameters');
  return Object.fromEntries(
    Object.keys(defaults).flatMap((setting) => {
      const { Type, Default, AllowedValues, MinValue, MaxValue } = fields(parameters[nameOf(setting)], setting);
      const allowed = Type === 'Number' && !AllowedValues ? [MinValue, MaxValue] : ((AllowedValues ?? []) as unknown[]);
      const other = OTHERS[setting] ?? allowed.map(String).find((value) => value !== Default);
      return other === undefined ? [] : [[setting, other]];
    }),
  );
}

/** What the framework brings for its uploads, and where code lies, are the two ways' own; a number may be a text. */
function comparable(template: Fields, parameters: Parameters): unknown {
  const { Resources, Outputs } = settle(template, parameters);
  const kept = (all: unknown) =>
    Object.entries(fields(all, 'all')).filter(([name]) => !name.startsWith('ServerlessDeploymentBucket'));
  return plain([kept(Resources), kept(Outputs)]);
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isFields(value)) return typeof value === 'string' ? value : String(value);
  const entries = Object.entries(value).filter(([key]) => key !== 'Code');
  return Object.fromEntries(entries.map(([key, inner]) => [key, plain(inner)]));
}

/** As the stack is deployed by the framework: parameters of its own are filled from the settings too. */
function declaredOf(template: Fields, settings: Readonly<Record<string, string>>): Parameters {
  const declared = fields(template['Parameters'], 'Parameters');
  return Object.fromEntries(
    Object.entries(settings)
      .map(([setting, value]) => [nameOf(setting), value] as const)
      .filter(([name]) => name in declared),
  );
}

const PLACE = { CodeBucket: 'bucket' };

describe('the template of a release', () => {
  test('is the packaged one at the defaults', () => {
    const packaged = json(join(ROOT, PACKAGE_DIR, TEMPLATE_FILE));
    expect(comparable(released, { ...PLACE, Stage: 'dev' })).toEqual(comparable(packaged, {}));
  });

  test('is the packaged one with other settings, and for the stage that has its own', { timeout: 90_000 }, async () => {
    const all = otherSettings();
    expect(Object.keys(all).length).toBeGreaterThan(20);
    const { kmsKeyArn = '', watchReservedConcurrency = '' } = all;
    const cases: readonly [string, Readonly<Record<string, string>>][] = [
      ['blue', all],
      ['prod', {}],
      ['prod', { deletionProtection: 'false', watchReservedConcurrency, kmsKeyArn }],
    ];
    for (const [stage, settings] of cases) {
      const params = Object.entries(settings).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
      const args = ['--stage', stage, ...params];
      await runServerless(clone, args);
      const packaged = json(join(clone, PACKAGE_DIR, TEMPLATE_FILE));
      const given = Object.entries(settings).map(([name, value]) => [nameOf(name), value]);
      const ours = comparable(released, { ...PLACE, Stage: stage, ...Object.fromEntries(given) });
      expect(ours, `${stage} ${JSON.stringify(settings)}`).toEqual(
        comparable(packaged, declaredOf(packaged, settings)),
      );
    }
  });

  test('has a parameter for every setting, with its default, and none of another name', () => {
    const { Stage, CodeBucket, CodePrefix, ...parameters } = fields(released['Parameters'], 'Parameters');
    expect([Stage, CodeBucket, CodePrefix].every(isFields)).toBe(true);
    expect(Object.keys(parameters).toSorted()).toEqual(Object.keys(defaults).map(nameOf).toSorted());
    const asParameter = (value: unknown) =>
      value === null ? 'none' : typeof value === 'boolean' ? 'auto' : String(value);
    expect(
      Object.fromEntries(Object.entries(parameters).map(([name, one]) => [name, fields(one, name)['Default']])),
    ).toEqual(
      Object.fromEntries(Object.entries(defaults).map(([setting, value]) => [nameOf(setting), asParameter(value)])),
    );
  });

  test('says what each parameter may be, and what it does; its own default and our other value pass', () => {
    const parameters = Object.entries(fields(released['Parameters'], 'Parameters'));
    for (const [name, declared] of parameters) {
      const one = fields(declared, name);
      expect(String(one['Description']).length, name).toBeGreaterThan(10);
      const other = Object.entries(otherSettings()).find(([setting]) => nameOf(setting) === name)?.[1];
      for (const value of [one['Default'], other].filter((text) => text !== undefined))
        for (const item of one['Type'] === 'CommaDelimitedList' ? String(value).split(',') : [String(value)])
          expect(allows(one, item), `${name}: ${item}`).toBe(true);
      expect(allows(one, 'no / such \n value'), name).toBe(false);
    }
  });

  test('names no role, so that CloudFormation asks for no more than CAPABILITY_IAM', () => {
    const resources = Object.values(fields(released['Resources'], 'Resources')).map((one) => fields(one, 'resource'));
    expect(resources.filter(({ Properties }) => isFields(Properties) && 'RoleName' in Properties)).toEqual([]);
  });
});

/** As CloudFormation holds a value against a declaration. */
function allows({ Type, AllowedPattern, AllowedValues, MinValue, MaxValue }: Fields, value: string): boolean {
  if (Array.isArray(AllowedValues)) return AllowedValues.includes(value);
  if (Type === 'Number') return Number(value) >= Number(MinValue) && Number(value) <= Number(MaxValue);
  return new RegExp(`^(?:${String(AllowedPattern)})$`).test(value);
}

describe('a setting', () => {
  const facts = (defaultsOf: Fields, more: Partial<StackFacts> = {}): StackFacts => ({
    settings: { defaults: defaultsOf, byStage: {} },
    declared: {},
    filled: new Map(),
    constraintOf: () => null,
    descriptionOf: () => 'What it does.',
    ...more,
  });

  test('that nobody says what it may be is named', () => {
    expect(() => parametersOf(facts({ wakeUp: 'x', maxCats: '3' }))).toThrow(
      'wakeUp, maxCats: what may the parameter of a release be? Say it in scripts/release/constraints.ts.',
    );
  });

  test('that goes to a variable may be what the variable may be', () => {
    const constraint = v.getMetadata(whole(2, 9, 3));
    expect(parametersOf(facts({ maxCats: '3' }, { constraintOf: () => constraint }))).toMatchObject([
      { name: 'MaxCats', declaration: { Type: 'Number', MinValue: 2, MaxValue: 9, Default: '3' } },
    ]);
  });

  test('with a default of a stage is a flag, or refused', () => {
    const settings = { defaults: { logLevel: 'INFO' }, byStage: { prod: { logLevel: 'WARN' } } };
    expect(() => parametersOf(facts({}, { settings }))).toThrow('logLevel has a default of its own for the stage prod');
  });

  test.each([
    ['that stands nowhere', { Type: 'T' }, 'No place in the template takes the setting logLevel.'],
    ['within a text', { Level: 'at zz-logLevel-zz' }, 'A text holds the setting logLevel: expected it alone.'],
  ])('%s is refused', (_, properties, message) => {
    const sentinels = sentinelsOf({ logLevel: 'INFO' });
    const parameters = parametersOf(facts({ logLevel: 'INFO' }));
    const packaged = { Resources: { One: properties } };
    const parts = { packaged, parameters, sentinels, codeFile: (zip: string) => zip, version: '1.0.0' };
    expect(() => releaseTemplate(parts)).toThrow(message);
  });
});
