import { jobIdOf } from '../../lib/job/identity.ts';
import { describeProblems, parseWatchMessage } from '../../lib/job/watch-message.ts';
import { findJobs } from '../api/find-jobs.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, usage } from '../exit.ts';
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
const PREFIX = /^job_[a-z2-7]{4,25}…?$/;
/** The beginning of an id is looked for among so many of the newest jobs. */
const NEWEST = 1000;
const NAMED_MAX = 5;

/**
 * `job_…` ids as they are, or by their beginning among the newest jobs, as tables may show them; vendor ids by the hash of their identity, for which `--api` is needed, and `--region` if the api
 * has regions. Each once. Throws a usage error for an identity that no job can have: its hash would be waited for in vain.
 */
export async function targetsOf(
  context: Pick<Context, 'client'>,
  names: readonly string[],
  options: IdentityOptions,
): Promise<readonly Target[]> {
  const idOf = async (name: string) => {
    if (ID.test(name)) return name;
    return options.api === undefined && PREFIX.test(name) ? begun(context, name) : hashed(name, options);
  };
  const targets = names.map(async (name) => ({ id: await idOf(name), name }));
  return [...new Map((await Promise.all(targets)).map((target) => [target.id, target])).values()];
}

/** Throws where no job's id begins so, or several do. */
async function begun(context: Pick<Context, 'client'>, name: string): Promise<string> {
  const prefix = name.replace('…', '');
  const { jobs } = await findJobs(context, new URLSearchParams(), { limit: NEWEST });
  const ids = jobs.map(({ id }) => id).filter((id) => id.startsWith(prefix));
  const [id] = ids;
  if (id === undefined) {
    const where = `among the newest ${NEWEST} jobs`;
    throw new CliError(
      EXIT.failed,
      `No id begins with "${prefix}" ${where}: give the whole id; "jobwatch ls -q" lists them.`,
    );
  }
  if (ids.length === 1) return id;
  const some = `${ids.slice(0, NAMED_MAX).join(', ')}${ids.length > NAMED_MAX ? ', …' : ''}`;
  throw usage(`"${prefix}" begins ${ids.length} ids: ${some}. Give more of it.`);
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
