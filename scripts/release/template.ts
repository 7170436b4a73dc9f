import { type Fields, fields, isFields, text } from '../../local/template/values.ts';
import { OWN_PARAMETERS, type Parameter } from './parameters.ts';
import { STAGE_SENTINEL } from './sentinels.ts';

/** What the framework brings along for its own uploads: a release has its code in a bucket of the user's. */
const UPLOADS = /^ServerlessDeploymentBucket/;
const STAGE_REFERENCE = `\${Stage}`;

export interface TemplateParts {
  /** As packaged with a sentinel for each setting. */
  readonly packaged: Fields;
  readonly parameters: readonly Parameter[];
  readonly sentinels: ReadonlyMap<string, string>;
  /** The file of the function's code by its name in the package: `watch.zip`. */
  readonly codeFile: (zip: string) => string;
  readonly version: string;
}

/**
 * The template of a release: the packaged one with a CloudFormation parameter wherever a setting or the stage stands.
 * Throws on a setting that stands nowhere, and on a place that no parameter can take.
 */
export function releaseTemplate({ packaged, parameters, sentinels, codeFile, version }: TemplateParts): Fields {
  const declared = fields(packaged['Parameters'] ?? {}, 'Parameters');
  const places = new Map(parameters.map((one) => [sentinels.get(one.setting) ?? '', one]));
  const used = new Set(parameters.filter(({ name }) => name in declared).map(({ setting }) => setting));
  const rewrite = makeRewrite(places, used);
  const kept = (part: string) =>
    Object.entries(fields(packaged[part] ?? {}, part)).filter(([name]) => !UPLOADS.test(name));
  const resources = kept('Resources').map(([name, one]) => [name, rewrite(withCode(fields(one, name), codeFile))]);
  const outputs = kept('Outputs').map(([name, one]) => [name, rewrite(one)]);
  const nowhere = parameters.filter(({ setting }) => !used.has(setting)).map(({ setting }) => setting);
  if (nowhere.length > 0) throw new Error(`No place in the template takes the setting ${nowhere.join(', ')}.`);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `jobwatch ${version}`,
    Metadata: { 'AWS::CloudFormation::Interface': { ParameterGroups: groupsOf(parameters, declared) } },
    Parameters: {
      ...OWN_PARAMETERS,
      ...declared,
      ...Object.fromEntries(parameters.map(({ name, declaration }) => [name, declaration])),
    },
    Mappings: packaged['Mappings'] ?? {},
    Conditions: Object.assign({}, packaged['Conditions'], ...parameters.map(({ condition }) => condition)),
    Resources: Object.fromEntries(resources),
    Outputs: Object.fromEntries(outputs),
  };
}

/** In the order in which the console of CloudFormation asks. */
function groupsOf(parameters: readonly Parameter[], declared: Fields) {
  const group = (label: string, names: readonly string[]) => ({ Label: { default: label }, Parameters: names });
  const names = parameters.map(({ name }) => name);
  return [
    group('Where', Object.keys(OWN_PARAMETERS)),
    group(
      'The stack',
      names.filter((name) => name in declared),
    ),
    group(
      'Settings',
      names.filter((name) => !(name in declared)),
    ),
  ];
}

function withCode(resource: Fields, codeFile: (zip: string) => string): Fields {
  if (resource['Type'] !== 'AWS::Lambda::Function') return resource;
  const properties = fields(resource['Properties'], 'Properties');
  const key = text(fields(properties['Code'], 'Code')['S3Key'], 'Code.S3Key');
  const file = codeFile(key.split('/').at(-1) ?? '');
  const Code = { S3Bucket: { Ref: 'CodeBucket' }, S3Key: { 'Fn::Sub': `\${CodePrefix}/${file}` } };
  return { ...resource, Properties: { ...properties, Code } };
}

type Rewrite = (value: unknown) => unknown;

function makeRewrite(places: ReadonlyMap<string, Parameter>, used: Set<string>): Rewrite {
  const leaf = (value: string): unknown => {
    const parameter = places.get(value);
    if (parameter !== undefined) {
      used.add(parameter.setting);
      return parameter.use;
    }
    const within = [...places].find(([sentinel]) => value.includes(sentinel));
    if (within !== undefined) throw new Error(`A text holds the setting ${within[1].setting}: expected it alone.`);
    if (value === STAGE_SENTINEL) return { Ref: 'Stage' };
    if (!value.includes(STAGE_SENTINEL)) return value;
    return { 'Fn::Sub': value.replaceAll(/\$\{/g, '$&!').replaceAll(STAGE_SENTINEL, STAGE_REFERENCE) };
  };
  const pattern = (value: unknown): unknown =>
    typeof value === 'string' ? value.replaceAll(STAGE_SENTINEL, STAGE_REFERENCE) : rewrite(value);
  const rewrite: Rewrite = (value) => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (typeof value === 'number' && places.has(String(value))) return leaf(String(value));
    if (typeof value === 'string') return leaf(value);
    if (!isFields(value)) return value;
    // A pattern has its own references already, and takes another.
    const { 'Fn::Sub': sub } = value;
    if (sub !== undefined)
      return { 'Fn::Sub': Array.isArray(sub) ? [pattern(sub[0]), ...sub.slice(1).map(rewrite)] : pattern(sub) };
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rewrite(inner)]));
  };
  return rewrite;
}
