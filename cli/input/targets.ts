import { jobIdOf } from '../../lib/job/identity.ts';
import { describeProblems, parseWatchMessage } from '../../lib/job/watch-message.ts';
import { usage } from '../exit.ts';
import { needsRegion } from './regions.ts';

/** How a job is named beside its vendor id. */
export interface IdentityOptions {
  readonly api?: string;
  readonly region?: string;
  readonly project?: string;
  readonly account?: string;
}

/** A job that was named on the command line. */
export interface Target {
  readonly id: string;
  /** What the user called it. */
  readonly name: string;
}

const ID = /^job_[a-z2-7]{26}$/;

/**
 * `job_…` ids as they are; vendor ids by the hash of their identity, for which `--api` is needed, and `--region` if the api
 * has regions. Each once. Throws a usage error for an identity that no job can have: its hash would be waited for in vain.
 */
export async function targetsOf(names: readonly string[], options: IdentityOptions): Promise<readonly Target[]> {
  const targets = names.map(async (name) => ({ id: ID.test(name) ? name : await hashed(name, options), name }));
  return [...new Map((await Promise.all(targets)).map((target) => [target.id, target])).values()];
}

async function hashed(jobId: string, { api, region, project, account }: IdentityOptions): Promise<string> {
  if (api === undefined || (region === undefined && (await needsRegion(api))))
    throw usage(`"${jobId}" is not a job_… id: for a vendor's id give --api and --region as well.`);
  const { API_FACTS } = await import('../../lib/vendors/registry.ts');
  const given = { api, region, jobId, projectId: project, account };
  const message = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const parsed = parseWatchMessage(message, API_FACTS);
  if (!parsed.ok) throw usage(`There can be no such job: ${describeProblems(parsed.problems)}`);
  return jobIdOf(parsed.value);
}
