import * as v from 'valibot';
import { jobIdOf } from '../../lib/job/identity.ts';
import { describeProblems, parseWatchMessage } from '../../lib/job/watch-message.ts';
import { watchMessageSchema } from '../../lib/job/watch-message-schema.ts';
import { findJobs } from '../api/find-jobs.ts';
import type { Context } from '../context.ts';
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
const BEGINNING_MIN = 4;
/** A page looks at up to 1,000 jobs. */
const PAGES_MAX = 100;
const FOUND_MAX = 1000;
const NAMED_MAX = 5;

/**
 * `job_…` ids as they are; vendor ids with `--api` by the hash of their identity, so that a job may be named before
 * jobwatch knows it; else the id that begins so, jobwatch's or the vendor's, as tables may show it. Each once. Throws a
 * usage error for an identity that no job can have: its hash would be waited for in vain.
 */
export async function targetsOf(
  context: Pick<Context, 'client'>,
  names: readonly string[],
  options: IdentityOptions,
): Promise<readonly Target[]> {
  const idOf = async (name: string) => {
    if (ID.test(name)) return name;
    const isIdentity = Object.values(identityOf(options)).some((part) => part !== undefined);
    return isIdentity ? hashed(name, options) : begun(context, name);
  };
  const targets = names.map(async (name) => ({ id: await idOf(name), name }));
  return [...new Map((await Promise.all(targets)).map((target) => [target.id, target])).values()];
}

/** Throws where no job's id begins so, or several do and none is the name itself. */
async function begun(context: Pick<Context, 'client'>, name: string): Promise<string> {
  const idPrefix = name.replace(/…$/, '');
  if (idPrefix.replace(/^job_/, '').length < BEGINNING_MIN)
    throw usage(`"${name}" is not a job_… id: give at least ${BEGINNING_MIN} characters of it.`);
  // It is sent in a URL, which somebody may log.
  if (!v.is(watchMessageSchema.entries.jobId, idPrefix)) throw usage(`"${name}" can't be the id of a job.`);
  const limits = { limit: FOUND_MAX, pagesMax: PAGES_MAX };
  const { jobs, isCut } = await findJobs(context, new URLSearchParams({ idPrefix }), limits);
  const exact = jobs.filter(({ jobId }) => jobId === idPrefix);
  const ids = (exact.length > 0 ? exact : jobs).map(({ id }) => id);
  const [id] = ids;
  if (id === undefined) {
    const where = isCut ? ' among the newest jobs' : '';
    const advice = idPrefix.startsWith('job_')
      ? '"jobwatch ls -q" lists them.'
      : 'of a job that jobwatch does not know yet give --api and --region as well.';
    throw usage(`No job's id begins with "${idPrefix}"${where}: ${advice}`);
  }
  if (ids.length === 1) return id;
  const some = `${ids.slice(0, NAMED_MAX).join(', ')}${ids.length > NAMED_MAX ? ', …' : ''}`;
  throw usage(`"${idPrefix}" begins ${ids.length} ids: ${some}. Give more of it.`);
}

/** The options of a command hold others as well. */
function identityOf({ api, region, project, account }: IdentityOptions) {
  return { api, region, projectId: project, account };
}

async function hashed(jobId: string, options: IdentityOptions): Promise<string> {
  const { api, region } = options;
  if (api === undefined || (region === undefined && (await needsRegion(api))))
    throw usage(`"${jobId}" is not a job_… id: for a vendor's id give --api and --region as well.`);
  const { API_FACTS } = await import('../../lib/vendors/registry.ts');
  const given = { jobId, ...identityOf(options) };
  const message = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const parsed = parseWatchMessage(message, API_FACTS);
  if (!parsed.ok) throw usage(`There can be no such job: ${describeProblems(parsed.problems)}`);
  return jobIdOf(parsed.value);
}
