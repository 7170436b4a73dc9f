import type { ApiFacts, ApiTable } from './api-facts.ts';
import { NO_REGION } from './identity.ts';
import { REGION_EXPECTED } from './watch-message-schema.ts';

export interface FieldProblem {
  /** The field's name, `labels.<key>`, or `message` for the whole. */
  readonly field: string;
  /** What was expected; never the offending value. */
  readonly problem: string;
}

/** An api without regions need not be told so. */
export function withRegion(
  given: Readonly<Record<string, unknown>>,
  apis: ApiTable,
): Readonly<Record<string, unknown>> {
  const { api, region } = given;
  const hasNone = typeof api === 'string' && apis.get(api)?.needsRegion === false;
  return hasNone && region === undefined ? { ...given, region: NO_REGION } : given;
}

/** What the table of apis says, where the message names an api: an unknown one stands where its field does. */
export function withApi(
  problems: readonly FieldProblem[],
  { api, region, projectId, jobId }: Readonly<Record<string, unknown>>,
  apis: ApiTable,
): readonly FieldProblem[] {
  const isFaulty = (name: string) => problems.some(({ field }) => field === name);
  if (typeof api !== 'string' || isFaulty('api')) return problems;
  const facts = apis.get(api);
  if (facts === undefined)
    return [{ field: 'api', problem: `expected one of ${[...apis.keys()].join(', ')}` }, ...problems];
  const own = [
    ...(isFaulty('region') ? [] : regionProblem(facts, region)),
    ...problems,
    ...(isFaulty('jobId') ? [] : idProblem(facts, jobId)),
  ];
  if (facts.needsProject === (projectId !== undefined) || isFaulty('projectId')) return own;
  const problem = facts.needsProject ? `required for ${api}` : `not taken for ${api}, which has no projects`;
  return [...own, { field: 'projectId', problem }];
}

function regionProblem({ api, needsRegion = true }: ApiFacts, region: unknown): readonly FieldProblem[] {
  if (typeof region !== 'string' || needsRegion === (region !== NO_REGION)) return [];
  return [{ field: 'region', problem: needsRegion ? REGION_EXPECTED : `not taken for ${api}, which has no regions` }];
}

/** Of those that JSON's readers agree upon. */
function isWholeNumber(text: string): boolean {
  return /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text));
}

function idProblem({ api, hasNumericIds = false }: ApiFacts, jobId: unknown): readonly FieldProblem[] {
  if (!hasNumericIds || typeof jobId !== 'string' || isWholeNumber(jobId)) return [];
  return [{ field: 'jobId', problem: `expected a whole number of up to 16 digits, as the ids of ${api} are` }];
}
