import { createHash } from 'node:crypto';
import { makeSend } from '../lib/adapters/http/send.ts';
import { type Scope, scopeKey } from '../lib/job/identity.ts';
import type { Account } from '../lib/vendors/account.ts';
import { API_FACTS, makeVendors } from '../lib/vendors/registry.ts';
import type { Vendor } from '../lib/vendors/vendor.ts';
import { type DueJob, planCalls } from '../lib/watch/plan.ts';
import type { Simulator } from '../local/simulator/simulator.ts';
import { startSimulator } from '../local/simulator/start.ts';

/**
 * Requests that one poll of all due jobs of one scope costs: the plan and the vendors as they are, without a pace, and
 * the simulator counts. The watch holds about 400 jobs in a round, so more of them are planned in parts.
 */
const COUNTS = [1, 20, 45, 200, 2000];
const ROUND_JOBS = 400;
const CROWD = 2000;

interface Row {
  readonly name: string;
  readonly api: string;
  /** Jobs of the project that nobody watches. */
  readonly others?: number;
  /** Of the due jobs, so many are unknown to the vendor. */
  readonly unknown?: number;
  /** Counts the second poll, when the first has taught what it can. */
  readonly second?: boolean;
}

const ROWS: readonly Row[] = [
  { name: '`alibaba.nlb`', api: 'alibaba.nlb' },
  { name: '`alibaba.nlb`, one id unknown, first poll', api: 'alibaba.nlb', unknown: 1 },
  { name: '`alibaba.nlb`, one id unknown, later polls', api: 'alibaba.nlb', unknown: 1, second: true },
  { name: '`alibaba.alb`', api: 'alibaba.alb' },
  { name: '`huawei.elb.v1`', api: 'huawei.elb.v1' },
  { name: '`huawei.elb.v3`', api: 'huawei.elb.v3' },
  { name: '`huawei.elb.v3`, one id unknown', api: 'huawei.elb.v3', unknown: 1 },
  { name: `\`huawei.elb.v3\`, ${CROWD} other jobs listed, first poll`, api: 'huawei.elb.v3', others: CROWD },
  {
    name: `\`huawei.elb.v3\`, ${CROWD} other jobs listed, later polls`,
    api: 'huawei.elb.v3',
    others: CROWD,
    second: true,
  },
  { name: '`huawei.ecs`, and each service of its kind', api: 'huawei.ecs' },
  { name: '`tencent.alb`', api: 'tencent.alb' },
  { name: '`tencent.vpc`, and each product of its kind', api: 'tencent.vpc' },
  { name: '`hetzner.actions`', api: 'hetzner.actions' },
  { name: '`hetzner.actions`, one id unknown, first poll', api: 'hetzner.actions', unknown: 1 },
  { name: '`hetzner.actions`, one id unknown, later polls', api: 'hetzner.actions', unknown: 1, second: true },
  { name: '`digitalocean.actions`', api: 'digitalocean.actions' },
];

const simulator = await startSimulator({
  scenario: {
    credentials: [...[...new Set([...API_FACTS.values()].map(({ cloud }) => cloud))].map(secretOf)],
    // The answer to a batch with an unknown id that costs more.
    options: { nlbUnknownIds: 'refuseAll', bearerCallsMax: 1_000_000 },
  },
});
try {
  console.log(`| due jobs of one scope | ${COUNTS.join(' | ')} |`);
  console.log(`|---|${COUNTS.map(() => '--:').join('|')}|`);
  for (const row of ROWS) {
    const cells: number[] = [];
    for (const count of COUNTS) cells.push(await requestsFor(simulator, row, count));
    console.log(`| ${row.name} | ${cells.join(' | ')} |`);
  }
} finally {
  await simulator.close();
}

async function requestsFor(vendor: Simulator, row: Row, count: number): Promise<number> {
  const { api, others = 0, unknown = 0, second = false } = row;
  vendor.reset();
  const { needsProject = false, needsRegion = true, hasNumericIds = false, cloud = '' } = API_FACTS.get(api) ?? {};
  const projectId = needsProject ? 'project' : null;
  const scope: Scope = { api, account: 'default', region: needsRegion ? 'eu-de' : 'global', projectId };
  const jobIds = hasNumericIds ? numbersOf(count) : idsOf('due', count);
  for (const jobId of [...jobIds.slice(unknown), ...idsOf('other', others)]) {
    const steps = [{ status: api === 'tencent.alb' || cloud === 'alibaba' ? 'Processing' : 'RUNNING' }];
    vendor.addJob({ api, jobId, steps, ...(projectId === null ? {} : { projectId }) });
  }
  const poll = makePoll(scope, jobIds, { ...secretOf(cloud), endpoints: vendor.endpointsOf(cloud) });
  await poll();
  if (!second) return countRequests(vendor, api);
  vendor.reset(['counters']);
  await poll();
  return countRequests(vendor, api);
}

function secretOf(cloud: string): Account {
  if (cloud === 'tencent') return { vendor: cloud, secretId: 'ak', secretKey: 'secret' };
  if (cloud === 'alibaba' || cloud === 'huawei') return { vendor: cloud, accessKeyId: 'ak', accessKeySecret: 'secret' };
  return { vendor: 'bearer', cloud, token: 'secret' };
}

/** One poll of every job, with what earlier polls have learned: pages of the list, and ids that were missing. */
function makePoll(scope: Scope, jobIds: readonly string[], account: Account): () => Promise<void> {
  const { api } = scope;
  let nonces = 0;
  const nonce = () => {
    nonces += 1;
    return `${process.hrtime.bigint()}${nonces}`;
  };
  const vendors = makeVendors({
    send: makeSend({ timeoutMs: 30_000, maxBytes: 1_000_000 }),
    clock: Date.now,
    nonce,
  });
  const pages = new Map<string, number>();
  const missing = new Set<string>();
  const submittedMs = Date.now();

  return async () => {
    for (let start = 0; start < jobIds.length; start += ROUND_JOBS) {
      const due: DueJob[] = jobIds
        .slice(start, start + ROUND_JOBS)
        .map((jobId) => ({ scope, jobId, dueMs: submittedMs, submittedMs, missedLast: missing.has(jobId) }));
      for (const { call } of planCalls(due, (name) => vendorOf(vendors, name), pages.get.bind(pages))) {
        const answer = await vendorOf(vendors, api).poll(call, { account, acquire: async () => true });
        if (answer.pages !== null) pages.set(scopeKey(scope), answer.pages);
        for (const [jobId, { kind }] of answer.observations) {
          if (kind === 'missing') missing.add(jobId);
          else if (kind !== 'status') throw new Error(`${api} ${jobId}: ${kind}, expected a status`);
        }
      }
    }
  };
}

function vendorOf(vendors: ReadonlyMap<string, Vendor>, api: string): Vendor {
  const vendor = vendors.get(api);
  if (vendor === undefined) throw new Error(`There is no vendor for the api ${api}.`);
  return vendor;
}

function countRequests(vendor: Simulator, api: string): number {
  const actions = Object.values(vendor.counters().requests[api] ?? {});
  return actions.flatMap((outcomes) => Object.values(outcomes)).reduce((sum, requests) => sum + requests, 0);
}

function numbersOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(1_000_000 + 7 * index));
}

/** Ids without an order of their own, as a vendor gives them. */
function idsOf(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    createHash('sha256').update(`${kind}${index}`).digest('hex').slice(0, 32),
  );
}
