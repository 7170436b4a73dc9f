import * as v from 'valibot';
import { apiEnvironment } from '../../functions/api/environment.ts';
import { deliverEnvironment } from '../../functions/deliver/environment.ts';
import { watchEnvironment } from '../../functions/watch/environment.ts';

/** What the functions may be told, as README's table has it; the ranges of webhooks are `allowedCidrs`. */
const VARIABLES = [
  'WATCH_SECONDS',
  'POLL_MIN_SECONDS',
  'POLL_MAX_SECONDS',
  'POLL_COST_SECONDS',
  'SCOPE_CALLS_PER_SECOND',
  'VENDOR_TIMEOUT_MS',
  'WEBHOOK_TIMEOUT_MS',
  'CONSOLE_URL',
  'RETRY_SCHEDULE_SECONDS',
  'MAX_WORKERS',
  'WAKE',
] as const;

type Camel<Text extends string> = Text extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}${Capitalize<Camel<Rest>>}`
  : Lowercase<Text>;
export type SettingName = Camel<(typeof VARIABLES)[number]>;

/** The same names as the parameters of a deployment: `watchSeconds` is `WATCH_SECONDS`. */
export const SETTINGS = VARIABLES.map((variable) => ({
  variable,
  name: variable.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as SettingName,
}));

/** `watch` is ended after 70 s: a vendor call of 5 s and the writes after it still fit. */
const WATCH_SECONDS_MAX = 57;

const SCHEMAS: Readonly<Record<string, v.GenericSchema>> = {
  ...apiEnvironment.entries,
  ...deliverEnvironment.entries,
  ...watchEnvironment.pipe[0].entries,
};

export interface ReadSettings {
  readonly variables: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** The variables that the configuration means, checked as the functions check them. */
export function readEnvironmentOf(config: object): ReadSettings {
  const given = new Map<string, unknown>(Object.entries(config));
  const variables: Record<string, string> = {};
  const problems: string[] = [];
  const check = (name: string, variable: string, value: unknown): void => {
    const schema = SCHEMAS[variable];
    if (schema === undefined) throw new Error(`no function reads ${variable}`);
    const text = String(value);
    const result = v.safeParse(schema, text);
    if (result.success) variables[variable] = text;
    else problems.push(`${name}: ${result.issues[0].message}`);
  };
  for (const { name, variable } of SETTINGS) {
    const value = given.get(name);
    if (typeof value === 'string' || typeof value === 'number') check(name, variable, value);
  }
  const ranges = given.get('allowedCidrs') ?? [];
  if (Array.isArray(ranges)) check('allowedCidrs', 'WEBHOOK_ALLOWED_CIDRS', ranges.join(','));
  return { variables, problems: [...problems, ...togetherWrong(variables)] };
}

function togetherWrong(variables: Readonly<Record<string, string>>): string[] {
  const { POLL_MIN_SECONDS = '2', POLL_MAX_SECONDS = '300', WATCH_SECONDS = '50' } = variables;
  return [
    ...(Number(POLL_MIN_SECONDS) > Number(POLL_MAX_SECONDS)
      ? ['pollMaxSeconds: expected at least pollMinSeconds']
      : []),
    ...(Number(WATCH_SECONDS) > WATCH_SECONDS_MAX ? [`watchSeconds: expected at most ${WATCH_SECONDS_MAX}`] : []),
  ];
}
