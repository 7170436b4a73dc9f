import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { PACKAGE_DIR, TEMPLATE_FILE } from '../../local/template/template.ts';
import { type Fields, fields, isFields } from '../../local/template/values.ts';
import { packageStack } from '../package.ts';
import { copySources } from '../second-package.ts';
import { ENVIRONMENTS, watchSecondsMax } from '../stage-settings.ts';
import { readDescriptions } from './describe.ts';
import { filledBy, type Parameter, parametersOf } from './parameters.ts';
import { type Settings, STAGE_SENTINEL, sentinelArguments, sentinelsOf } from './sentinels.ts';
import { releaseTemplate } from './template.ts';

/** The stack as a release brings it. */
export interface ReleasedStack {
  readonly template: Fields;
  readonly parameters: readonly Parameter[];
  /** The functions' zips by the name of their file, which holds the SHA-256 of their content. */
  readonly code: ReadonlyMap<string, Buffer>;
  /** The first part of the stack's name, and a tag of it. */
  readonly service: string;
}

/**
 * Packages the sources at `root` once more, in a folder of its own and with a sentinel for each setting, and makes a
 * template with parameters of what comes out.
 */
export async function releaseStack(root: string, version: string): Promise<ReleasedStack> {
  await packageStack(root);
  const settings = settingsOf(serviceOf(root));
  const sentinels = sentinelsOf(settings.defaults);
  const folder = copySources(root);
  try {
    await packageStack(folder, sentinelArguments(sentinels), { JOBWATCH_SENTINELS: '1' });
    const packaged = fields(readJson(join(folder, PACKAGE_DIR, TEMPLATE_FILE)), TEMPLATE_FILE);
    const service = serviceOf(folder);
    const parameters = parametersOf({
      settings,
      declared: fields(packaged['Parameters'] ?? {}, 'Parameters'),
      filled: filledBy(fields(service['provider'], 'provider')['stackParameters'], sentinels),
      ...variablesOf(packaged, sentinels, root),
    });
    const files = codeFiles(join(folder, PACKAGE_DIR));
    const codeFile = (zip: string) => files.get(zip)?.name ?? zip;
    return {
      template: releaseTemplate({ packaged, parameters, sentinels, codeFile, version }),
      parameters,
      code: new Map([...files.values()].map(({ name, content }) => [name, content])),
      service: String(service['service']),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function serviceOf(folder: string): Fields {
  const state = fields(readJson(join(folder, PACKAGE_DIR, 'serverless-state.json')), 'serverless-state.json');
  return fields(state['service'], 'service');
}

/** `custom` of serverless.yml: the defaults, and those of single stages. */
function settingsOf(service: Fields): Settings {
  const { default: defaults, ...stages } = fields(service['custom'], 'custom');
  const byStage = Object.entries(stages).map(([stage, own]) => [stage, fields(own, stage)] as const);
  return { defaults: fields(defaults, 'custom.default'), byStage: Object.fromEntries(byStage) };
}

/** CloudFormation takes no new code under an old key: the key says what the code is. */
function codeFiles(folder: string): ReadonlyMap<string, { readonly name: string; readonly content: Buffer }> {
  const zips = readdirSync(folder).filter((file) => file.endsWith('.zip'));
  return new Map(
    zips.toSorted().map((file) => {
      const content = readFileSync(join(folder, file));
      const hash = createHash('sha256').update(content).digest('hex');
      return [file, { name: `${file.replace(/\.zip$/, '')}-${hash}.zip`, content }];
    }),
  );
}

/** To which variables of which functions the settings go, with what schemas and documents say of those. */
function variablesOf(packaged: Fields, sentinels: ReadonlyMap<string, string>, root: string) {
  const describe = readDescriptions(root);
  const settings = new Map([...sentinels].map(([setting, value]) => [value, setting]));
  const places = functionsIn(packaged).flatMap(({ name, timeout, variables }) =>
    Object.entries(variables).flatMap(([variable, value]) => {
      const setting = settings.get(String(value));
      return setting === undefined ? [] : [[setting, { name, timeout, variable }] as const];
    }),
  );
  const placeOf = new Map(places);
  return {
    constraintOf: (setting: string): Fields | null => {
      const place = placeOf.get(setting);
      if (place === undefined) return null;
      const { Type, ...bounds } = metadataOf(place.name, place.variable);
      if (Type === undefined) return null;
      return place.variable === 'WATCH_SECONDS'
        ? { Type, ...bounds, MaxValue: watchSecondsMax(place.timeout) }
        : { Type, ...bounds };
    },
    descriptionOf: (setting: string): string => {
      const text = describe(placeOf.get(setting)?.variable ?? setting) ?? describe(setting);
      if (text === null) throw new Error(`${setting}: no table of docs/settings.md or docs/aws.md says what it does.`);
      return text;
    },
  };
}

interface PackagedFunction {
  readonly name: string;
  /** In seconds. */
  readonly timeout: number;
  readonly variables: Fields;
}

function functionsIn(packaged: Fields): readonly PackagedFunction[] {
  return Object.values(fields(packaged['Resources'], 'Resources')).flatMap((resource) => {
    const { Type, Properties } = fields(resource, 'Resources');
    if (Type !== 'AWS::Lambda::Function' || !isFields(Properties)) return [];
    const name = String(Properties['FunctionName']).split(`${STAGE_SENTINEL}-`).at(-1) ?? '';
    const { Variables } = fields(Properties['Environment'] ?? {}, name);
    return [{ name, timeout: Number(Properties['Timeout']), variables: fields(Variables ?? {}, name) }];
  });
}

/** What the schema of a function's variable says of it, in CloudFormation's words. */
function metadataOf(name: string, variable: string): Fields {
  const schema: unknown = ENVIRONMENTS[name];
  const entries = isFields(schema) && isFields(schema['entries']) ? schema['entries'] : {};
  const entry = entries[variable];
  return entry === undefined ? {} : v.getMetadata(entry as v.GenericSchema);
}
