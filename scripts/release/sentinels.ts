import type { Fields } from '../../local/template/values.ts';

/** The defaults of the stack's settings, as `custom` of serverless.yml has them: of all stages, and of single ones. */
export interface Settings {
  readonly defaults: Fields;
  readonly byStage: Readonly<Record<string, Fields>>;
}

/** A stage that nobody has: where it stands in a packaged template, the stage stands. */
export const STAGE_SENTINEL = 'zz-any-stage-zz';

/** The framework takes only CloudWatch's own numbers: of these, the one that nothing else in a template is. */
const TAKEN: Readonly<Record<string, string>> = { logRetentionDays: '3653' };
const NUMBER_BASE = 987_650_000;

/**
 * A value for each setting that stands nowhere else in the template: packaged with them, the template shows where each
 * setting goes. Numbers for what is a number or may be one, since the framework checks the types of its own properties.
 */
export function sentinelsOf(defaults: Fields): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(defaults).map(([name, value], index) => {
      const isText = typeof value === 'string' || typeof value === 'boolean';
      return [name, TAKEN[name] ?? (isText ? `zz-${name}-zz` : String(NUMBER_BASE + index))];
    }),
  );
}

/** What `serverless package` is to be told. */
export function sentinelArguments(sentinels: ReadonlyMap<string, string>): readonly string[] {
  const params = [...sentinels].flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  return ['--stage', STAGE_SENTINEL, ...params];
}
