import { jobIdOf } from '../lib/identity.ts';
import { usage } from './exit.ts';

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

/** `job_…` ids as they are; vendor ids by the hash of their identity, for which `--api` and `--region` are needed. Each once. */
export function targetsOf(names: readonly string[], options: IdentityOptions): readonly Target[] {
  const targets = names.map((name) => ({ id: ID.test(name) ? name : hashed(name, options), name }));
  return [...new Map(targets.map((target) => [target.id, target])).values()];
}

function hashed(jobId: string, { api, region, project, account }: IdentityOptions): string {
  if (api === undefined || region === undefined)
    throw usage(`"${jobId}" is no job_… id: for a vendor's id say --api and --region as well.`);
  return jobIdOf({ api, account: account ?? 'default', region, projectId: project ?? null, jobId });
}
