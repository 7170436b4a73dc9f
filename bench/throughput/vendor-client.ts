import { randomUUID } from 'node:crypto';
import { makeSend } from '../../lib/adapters/http/send.ts';
import type { AlibabaAccount } from '../../lib/vendors/alibaba/account.ts';
import { makeVendors } from '../../lib/vendors/registry.ts';
import type { Call, PollResult } from '../../lib/vendors/vendor.ts';
import type { CrowdJob } from './crowd.ts';

/** jobwatch's own client of the vendors, without a pace. One call for all of the jobs, which are of one scope. */
export function poller(
  accounts: Readonly<Record<string, AlibabaAccount>>,
): (jobs: readonly CrowdJob[]) => Promise<PollResult> {
  const vendors = makeVendors({
    send: makeSend({ timeoutMs: 30_000, maxBytes: 1_000_000 }),
    clock: Date.now,
    nonce: randomUUID,
  });
  return async (jobs) => {
    const [first] = jobs;
    const vendor = vendors.get(first?.api ?? '');
    const account = accounts[first?.account ?? ''];
    if (first === undefined || vendor === undefined || account === undefined)
      throw new Error('There is nobody to ask.');
    const shape = jobs.length === 1 ? 'single' : 'batch';
    const call: Call = { scope: first, shape, jobIds: jobs.map(({ jobId }) => jobId), beganAfterMs: null };
    return vendor.poll(call, { account, acquire: async () => true });
  };
}
