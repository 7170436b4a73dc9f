import * as v from 'valibot';
import { apiEnvironment } from '../functions/api/environment.ts';
import { stage as stageSchema } from '../functions/common/environment.ts';
import { deliverEnvironment } from '../functions/deliver/environment.ts';
import { reconcileEnvironment } from '../functions/reconcile/environment.ts';
import { wakeEnvironment } from '../functions/wake/environment.ts';
import { watchEnvironment } from '../functions/watch/environment.ts';

/**
 * What is wrong with a stage's name, or with a `--param` that is no setting; null: nothing is. `given` are texts
 * `name=value`, `known` the names of all settings.
 */
export function checkStage(stage: string, given: readonly string[], known: readonly string[]): string | null {
  const named = v.safeParse(stageSchema, stage);
  const strange = given.map((text) => text.split('=')[0] ?? '').filter((name) => !known.includes(name));
  const problems = [
    ...(named.success ? [] : [`The stage "${stage}" can't be used: ${named.issues[0].message}.`]),
    ...strange.map((name) => `--param ${name}: there is no such setting.`),
  ];
  if (strange.length > 0) problems.push(`Settings are ${known.toSorted().join(', ')}.`);
  return problems.length === 0 ? null : problems.join('\n');
}

/** A function as the framework has read it: what CloudFormation fills in is no text yet. */
interface ConfiguredFunction {
  /** In seconds. */
  readonly timeout: number;
  readonly environment: Readonly<Record<string, unknown>>;
}

/** What each function reads from its environment. */
export const ENVIRONMENTS: Readonly<Record<string, v.GenericSchema>> = {
  api: apiEnvironment,
  deliver: deliverEnvironment,
  reconcile: reconcileEnvironment,
  wake: wakeEnvironment,
  watch: watchEnvironment,
};

/** After its time for watching a tick still makes a vendor call and the writes that follow it. */
const AFTER_WATCHING_SECONDS = 13;

/** The most that `WATCH_SECONDS` may be, by the function's time-out in seconds. */
export function watchSecondsMax(timeout: number): number {
  return timeout - AFTER_WATCHING_SECONDS;
}

/** What is wrong with the values of settings, each named; null: every function would start with them. */
export function checkValues(functions: Readonly<Record<string, ConfiguredFunction>>): string | null {
  const problems = Object.entries(functions).flatMap(([name, { timeout, environment }]) => {
    const schema = ENVIRONMENTS[name];
    if (schema === undefined) return [`The function ${name} has no schema of its environment.`];
    const texts = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, textOf(key, value)]));
    const issues = v.safeParse(schema, { STAGE: 'checked', ...texts }).issues ?? [];
    const wrong = issues
      .map((issue) => ({ variable: String(issue.path?.[0]?.key), message: issue.message }))
      // What stands in for a reference can't be wrong.
      .filter(({ variable }) => typeof environment[variable] !== 'object');
    const watchMax = watchSecondsMax(timeout);
    if (Number(texts['WATCH_SECONDS'] ?? 0) > watchMax)
      wrong.push({ variable: 'WATCH_SECONDS', message: `expected at most ${watchMax}, the time-out less 13 s` });
    return wrong.map(({ variable, message }) => `${settingOf(variable)}: ${message}, not "${texts[variable]}".`);
  });
  return problems.length === 0 ? null : [...new Set(problems)].join('\n');
}

/** A reference is filled in by CloudFormation: it can't be checked here, and needs no check. */
function textOf(variable: string, value: unknown): string {
  if (typeof value === 'string') return value;
  return variable.endsWith('_URL') ? 'https://queue' : 'table';
}

/** `POLL_MAX_SECONDS` is the setting `pollMaxSeconds`: a test holds `serverless.yml` to it. */
function settingOf(variable: string): string {
  return variable.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
