import { type Fields, fields, list, text } from '../../local/template/values.ts';
import { constraintOf } from './constraints.ts';
import type { Settings } from './sentinels.ts';

/** A parameter of the release's template, and how a property says its value. */
export interface Parameter {
  /** As in `--param`. */
  readonly setting: string;
  /** As CloudFormation knows it. */
  readonly name: string;
  readonly declaration: Fields;
  /** The condition that decides it, by its name, where one does. */
  readonly condition: Readonly<Record<string, unknown>>;
  /** What stands in a property in the place of the value. */
  readonly use: unknown;
}

/** Where the release's code lies. The template's own parameters: no setting of the stack stands behind them. */
export const OWN_PARAMETERS: Fields = {
  Stage: {
    Type: 'String',
    AllowedPattern: '^[a-z0-9-]{1,20}$',
    Description:
      'The name of this stack among others of the account, such as prod. It is in every name and every path.',
  },
  CodeBucket: {
    Type: 'String',
    AllowedPattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
    Description: "The S3 bucket, in the stack's region, that holds the functions' zips.",
  },
  CodePrefix: {
    Type: 'String',
    Default: 'jobwatch',
    AllowedPattern: "^[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*$",
    Description: 'What the keys of the zips begin with, up to the last slash.',
  },
};

export interface StackFacts {
  readonly settings: Settings;
  /** Parameters that the stack declares itself (resources/parameters.yml). */
  readonly declared: Fields;
  /** `stackParameters` of the packaged service: which setting fills which declared parameter. */
  readonly filled: ReadonlyMap<string, string>;
  /** What the variable may be that a setting goes to, in CloudFormation's words; null: nobody says. */
  readonly constraintOf: (setting: string) => Fields | null;
  readonly descriptionOf: (setting: string) => string;
}

/**
 * One CloudFormation parameter for each setting of the stack. Throws, naming each, on settings whose parameter nobody
 * says what it may be.
 */
export function parametersOf(facts: StackFacts): readonly Parameter[] {
  const made = Object.entries(facts.settings.defaults).map(([setting, fallback]) => ({
    setting,
    parameter: parameterOf(setting, fallback, facts),
  }));
  const missing = made.filter(({ parameter }) => parameter === null).map(({ setting }) => setting);
  if (missing.length > 0)
    throw new Error(
      `${missing.join(', ')}: what may the parameter of a release be? Say it in scripts/release/constraints.ts.`,
    );
  return made.flatMap(({ parameter }) => parameter ?? []);
}

function parameterOf(setting: string, fallback: unknown, facts: StackFacts): Parameter | null {
  const name = facts.filled.get(setting) ?? nameOf(setting);
  const declared = facts.declared[name];
  // The template of the stack refers to these already.
  if (declared !== undefined)
    return { setting, name, declaration: fields(declared, name), condition: {}, use: { Ref: name } };
  const Description = facts.descriptionOf(setting);
  if (typeof fallback === 'boolean') return flagOf({ setting, name, Description }, fallback, facts.settings.byStage);
  const constraint = constraintOf(setting) ?? facts.constraintOf(setting);
  if (constraint === null) return null;
  refuseByStage(setting, facts.settings.byStage);
  if (fallback === null) return optionalOf({ setting, name, Description }, constraint);
  const declaration = { ...constraint, Default: String(fallback), Description };
  return { setting, name, declaration, condition: {}, use: { Ref: name } };
}

export function nameOf(setting: string): string {
  return `${setting.charAt(0).toUpperCase()}${setting.slice(1)}`;
}

interface Named {
  readonly setting: string;
  readonly name: string;
  readonly Description: string;
}

/** `none` leaves the property out. */
function optionalOf({ setting, name, Description }: Named, constraint: Fields): Parameter {
  const condition = `Has${name}`;
  return {
    setting,
    name,
    declaration: { ...constraint, Default: 'none', Description },
    condition: { [condition]: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: name }, 'none'] }] } },
    use: { 'Fn::If': [condition, { Ref: name }, { Ref: 'AWS::NoValue' }] },
  };
}

/** `auto` is what serverless.yml says for the stage. */
function flagOf({ setting, name, Description }: Named, fallback: boolean, byStage: Settings['byStage']): Parameter {
  const isGiven = { 'Fn::Equals': [{ Ref: name }, String(!fallback)] };
  const isAuto = { 'Fn::Equals': [{ Ref: name }, 'auto'] };
  const others = Object.entries(byStage)
    .filter(([, own]) => own[setting] === !fallback)
    .map(([stage]) => ({ 'Fn::And': [isAuto, { 'Fn::Equals': [{ Ref: 'Stage' }, stage] }] }));
  const isOther = others.length === 0 ? isGiven : { 'Fn::Or': [isGiven, ...others] };
  const condition = `Is${name}${fallback ? 'Off' : ''}`;
  return {
    setting,
    name,
    declaration: { Type: 'String', Default: 'auto', AllowedValues: ['auto', 'true', 'false'], Description },
    condition: { [condition]: isOther },
    use: { 'Fn::If': [condition, !fallback, fallback] },
  };
}

function refuseByStage(setting: string, byStage: Settings['byStage']): void {
  const stage = Object.entries(byStage).find(([, own]) => own[setting] !== undefined)?.[0];
  if (stage !== undefined)
    throw new Error(
      `${setting} has a default of its own for the stage ${stage}: a release can say that of flags only.`,
    );
}

/** Which setting fills which declared parameter, as the packaged service says in `stackParameters`. */
export function filledBy(
  stackParameters: unknown,
  sentinels: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const settings = new Map([...sentinels].map(([setting, value]) => [value, setting]));
  return new Map(
    list(stackParameters ?? [], 'stackParameters').map((entry) => {
      const { ParameterKey, ParameterValue } = fields(entry, 'stackParameters');
      const setting = settings.get(String(ParameterValue));
      if (setting === undefined) throw new Error(`The parameter ${ParameterKey} is filled by no setting of its own.`);
      return [setting, text(ParameterKey, 'ParameterKey')];
    }),
  );
}
