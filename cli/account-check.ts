import { makeSend } from '../lib/adapters/http/send.ts';
import type { Clock } from '../lib/base/time.ts';
import { NO_REGION } from '../lib/job/identity.ts';
import type { Observation } from '../lib/job/observation.ts';
import { type Account, cloudOf } from '../lib/vendors/account.ts';
import { makeVendors } from '../lib/vendors/registry.ts';
import type { Call, Vendor } from '../lib/vendors/vendor.ts';
import { usage } from './exit.ts';

export interface ApiCheck {
  readonly api: string;
  readonly isGood: boolean;
  /** What came of it, for people. */
  readonly said: string;
}

/** What was said of where to poll; an api that needs more of it is not polled. */
export interface CheckedScope {
  readonly account: string;
  readonly region: string | null;
  readonly projectId: string | null;
}

/** A text of the shape that job ids have where an api does not say otherwise, and of no job. */
const NO_JOB = '00000000-0000-4000-8000-000000000000';
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

/**
 * Polls these apis, or every one of the account's vendor, for a job that does not exist, one after the other. Once the
 * key is refused no further call is made with it: Huawei locks a key that collects bad signatures.
 */
export async function checkAccount(
  account: Account,
  scope: CheckedScope,
  apis: readonly string[],
  deps: { readonly clock: Clock; readonly nonce: () => string },
): Promise<readonly ApiCheck[]> {
  const send = makeSend({ timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES });
  const ofCloud = [...makeVendors({ send, ...deps }).values()].filter(({ cloud }) => cloud === cloudOf(account));
  const vendors = apis.length === 0 ? ofCloud : ofCloud.filter(({ api }) => apis.includes(api));
  if (apis.some((api) => ofCloud.every((vendor) => vendor.api !== api)))
    throw usage(`--api: expected names out of ${ofCloud.map(({ api }) => api).join(', ')}.`);
  if (vendors.some(({ needsProject }) => needsProject) && scope.projectId === null)
    throw usage(`Jobs of ${cloudOf(account)} belong to a project: give --project.`);
  if (vendors.some((vendor) => vendor.needsRegion !== false) && scope.region === null)
    throw usage(`Jobs of ${cloudOf(account)} belong to a region: give --region.`);
  const results: ApiCheck[] = [];
  let isRefused = false;
  for (const vendor of vendors) {
    if (isRefused) {
      results.push({ api: vendor.api, isGood: false, said: 'not polled: the key was refused already' });
      continue;
    }
    const observation = await poll(vendor, account, scope);
    isRefused = observation.kind === 'denied' && observation.what === 'key';
    results.push({ api: vendor.api, ...verdict(observation) });
  }
  return results;
}

async function poll(vendor: Vendor, account: Account, scope: CheckedScope): Promise<Observation> {
  const { api, needsProject, needsRegion, idOfNoJob = NO_JOB } = vendor;
  const region = needsRegion === false ? NO_REGION : (scope.region ?? '');
  const call: Call = {
    scope: { account: scope.account, api, region, projectId: needsProject ? scope.projectId : null },
    shape: 'single',
    jobIds: [idOfNoJob],
    beganAfterMs: null,
  };
  const { observations } = await vendor.poll(call, { account, acquire: async () => true });
  return observations.get(idOfNoJob) ?? { kind: 'malformed', reason: 'there was no answer about the job' };
}

function verdict(observation: Observation): { readonly isGood: boolean; readonly said: string } {
  switch (observation.kind) {
    case 'status':
    case 'missing':
      return { isGood: true, said: 'key and permission are accepted' };
    case 'denied': {
      const advice = {
        key: 'Check the key and its secret.',
        scope: 'Grant the user the right to read jobs of this api.',
        account: 'Check the account.',
      };
      return { isGood: false, said: `refused: ${observation.reason}. ${advice[observation.what]}` };
    }
    case 'throttled':
      return { isGood: false, said: `throttled: ${observation.reason}. Try again in a minute.` };
    case 'unreachable':
      return { isGood: false, said: `no answer: ${observation.reason}. Check the region and the endpoints.` };
    default:
      return { isGood: false, said: `not understood: ${observation.reason}. Check the region and the endpoints.` };
  }
}
