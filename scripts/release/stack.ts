import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as v from 'valibot';
import { PACKAGE_DIR, TEMPLATE_FILE } from '../../local/template/template.ts';
import { type Fields, fields, isFields } from '../../local/template/values.ts';
import { packageStack } from '../package.ts';
import { copySources } from '../second-package.ts';
import { readDescriptions } from './describe.ts';
import { filledBy, type Parameter, parametersOf } from './parameters.ts';
import { type Settings, sentinelArguments, sentinelsOf } from './sentinels.ts';
import { releaseTemplate } from './template.ts';

/** The stack as a release brings it. */
export interface ReleasedStack {
  readonly template: Fields;
  readonly parameters: readonly Parameter[];
  /** The functions' zips by the name of their file, which holds the SHA-256 of their content. */
  readonly code: ReadonlyMap<string, Buffer>;
  /** Tags of the stack, where `${Stage}` stands for the stage. */
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
    await packageStack(folder, sentinelArguments(sentinels));
    const packaged = fields(readJson(join(folder, PACKAGE_DIR, TEMPLATE_FILE)), TEMPLATE_FILE);
    const service = serviceOf(folder);
    const parameters = parametersOf({
      settings,
      declared: fields(packaged['Parameters'] ?? {}, 'Parameters'),
      filled: filledBy(fields(service['provider'], 'provider')['stackParameters'], sentinels),
      ...(await variablesOf(packaged, sentinels, root)),
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
async function variablesOf(packaged: Fields, sentinels: ReadonlyMap<string, string>, root: string) {
  const describe = readDescriptions(root);
  const settings = new Map([...sentinels].map(([setting, value]) => [value, setting]));
  const schemas = new Map<string, v.GenericSchema>();
  const variables = new Map<string, string>();
  for (const [name, entries] of Object.entries(environmentsIn(packaged))) {
    const known = await environmentSchema(root, name);
    for (const [variable, value] of Object.entries(entries)) {
      const setting = settings.get(String(value));
      if (setting === undefined) continue;
      variables.set(setting, variable);
      const schema = known[variable];
      if (schema !== undefined) schemas.set(setting, schema);
    }
  }
  return {
    schemaOf: (setting: string) => schemas.get(setting),
    descriptionOf: (setting: string): string => {
      const text = describe(variables.get(setting) ?? setting) ?? describe(setting);
      if (text === null) throw new Error(`${setting}: no table of README.md or docs/aws.md says what it does.`);
      return text;
    },
  };
}

/** The variables of each function, by its short name. */
function environmentsIn(packaged: Fields): Readonly<Record<string, Fields>> {
  const functions = Object.values(fields(packaged['Resources'], 'Resources')).flatMap((resource) => {
    const { Type, Properties } = fields(resource, 'Resources');
    if (Type !== 'AWS::Lambda::Function' || !isFields(Properties)) return [];
    const name = String(Properties['FunctionName']).split('-').at(-1) ?? '';
    const { Variables } = fields(Properties['Environment'] ?? {}, name);
    return [[name, fields(Variables ?? {}, name)] as const];
  });
  return Object.fromEntries(functions);
}

async function environmentSchema(root: string, name: string): Promise<Readonly<Record<string, v.GenericSchema>>> {
  const path = join(root, 'functions', name, 'environment.ts');
  if (!existsSync(path)) return {};
  const exported = Object.values((await import(pathToFileURL(path).href)) as Record<string, unknown>);
  const schema = exported.find((one) => isFields(one) && isFields(one['entries'])) as
    | { readonly entries: Readonly<Record<string, v.GenericSchema>> }
    | undefined;
  return schema?.entries ?? {};
}
