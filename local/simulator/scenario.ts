import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { credentialSchema } from './clouds.ts';
import { faultSchema } from './fault-schema.ts';
import { jobSchema, optionsSchema } from './schema.ts';

const scenarioSchema = v.strictObject({
  credentials: v.optional(v.pipe(v.array(credentialSchema), v.maxLength(1000)), []),
  jobs: v.optional(v.pipe(v.array(jobSchema), v.maxLength(100_000)), []),
  faults: v.optional(v.pipe(v.array(faultSchema), v.maxLength(1000)), []),
  options: v.optional(optionsSchema, {}),
});

export type Scenario = v.InferOutput<typeof scenarioSchema>;
export type ScenarioSpec = v.InferInput<typeof scenarioSchema>;

/** The input is not what the simulator takes. The message names the field and what was expected there. */
export class ScenarioError extends Error {
  override name = 'ScenarioError';
}

/** Throws a ScenarioError whose message starts with the field, e.g. `jobs[2].steps[0].forSeconds: expected number`. */
export function parseScenario(value: unknown): Scenario {
  return parseInput(scenarioSchema, value, 'the scenario');
}

/** As parseScenario; the message starts with the path of the file. */
export async function loadScenario(path: string): Promise<Scenario> {
  try {
    return parseScenario(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ScenarioError(`${path}: ${reason}`, { cause: error });
  }
}

/** One door for everything that people write: scenario files, control requests, calls from code. */
export function parseInput<TSchema extends v.GenericSchema>(
  schema: TSchema,
  value: unknown,
  whole: string,
): v.InferOutput<TSchema> {
  // Valibot takes an array for an object whose fields are all optional.
  if (Array.isArray(value)) throw new ScenarioError(`${whole}: expected Object`);
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue)?.replace(/\.(\d+)(?=\.|$)/g, '[$1]') ?? whole;
  throw new ScenarioError(`${field}: ${expectation(issue)}`);
}

function expectation(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'partial_check') return issue.message;
  if (issue.type === 'strict_object' && issue.expected === 'never') return 'there is no such field';
  if (issue.type === 'iso_timestamp') return 'expected an ISO 8601 time';
  return `expected ${issue.expected ?? 'another value'}`;
}
