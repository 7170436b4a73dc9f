import type { Account } from '../../lib/vendors/account.ts';
import type { BenchSection } from '../section.ts';
import { type BenchScope, makeDeployment } from './deployment.ts';
import { OUTAGES, type Outage } from './sick-cloud.ts';

/**
 * How long after an outage every job is polled again. The whole watch in virtual time, so the figures are the same on
 * each machine: one key, eight scopes of three jobs each, all polled every 10 s at the latest; a healthy time, then an
 * outage of a minute, then health. The worst of outages that begin at different moments of a tick.
 */
const HEALTHY_MS = 120_000;
const OUTAGE_MS = 60_000;
const AFTER_MS = 600_000;
const BEGIN_SECONDS = [0, 7, 14, 21, 28, 35, 42, 49, 56];
const JOBS_EACH = 3;
const REGIONS = ['eu-r1', 'eu-r2', 'eu-r3', 'eu-r4'];
const SECOND = 1000;

const HUAWEI: Account = { vendor: 'huawei', accessKeyId: 'ak', accessKeySecret: 'secret' };
const ALIBABA: Account = { vendor: 'alibaba', accessKeyId: 'ak', accessKeySecret: 'secret' };
const all = (...apis: string[]): BenchScope[] => apis.flatMap((api) => REGIONS.map((region) => ({ api, region })));

interface Case {
  readonly account: Account;
  readonly scopes: readonly BenchScope[];
  readonly isProven: boolean;
  readonly isCold: boolean;
}

const HUAWEI_SCOPES = all('huawei.elb.v1', 'huawei.elb.v3');
const ALIBABA_SCOPES = all('alibaba.alb');
const CASES: readonly (readonly [string, Case])[] = [
  ['proven, warm', { account: HUAWEI, scopes: HUAWEI_SCOPES, isProven: true, isCold: false }],
  ['proven, cold', { account: HUAWEI, scopes: HUAWEI_SCOPES, isProven: true, isCold: true }],
  ['unproven, warm', { account: HUAWEI, scopes: HUAWEI_SCOPES, isProven: false, isCold: false }],
  ['unproven, cold', { account: HUAWEI, scopes: HUAWEI_SCOPES, isProven: false, isCold: true }],
  ['Alibaba, warm', { account: ALIBABA, scopes: ALIBABA_SCOPES, isProven: false, isCold: false }],
  ['Alibaba, cold', { account: ALIBABA, scopes: ALIBABA_SCOPES, isProven: false, isCold: true }],
];

export const recoverySection: BenchSection = {
  name: 'recovery',
  title: 'After an outage of a minute',
  byNameOnly: true,
  async run() {
    const rows = [['seconds until every job is polled', ...CASES.map(([name]) => name)]];
    for (const outage of OUTAGES) rows.push([outage, ...(await inTurn(CASES, ([, one]) => worst(one, outage)))]);
    const signed = [];
    for (const [, one] of CASES)
      signed.push(String(Math.max(...(await runs(one, 'hang')).map(({ inVain }) => inVain))));
    rows.push(['requests signed while all hang', ...signed]);
    rows.push([
      'half of the scopes hang for 10 min: the others',
      ...(await inTurn(CASES, ([, one]) => healthyHalf(one))),
    ]);
    return markdown(rows);
  },
};

async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<number>): Promise<string[]> {
  const seconds: string[] = [];
  for (const item of items) seconds.push(((await work(item)) / SECOND).toFixed(0));
  return seconds;
}

async function worst(one: Case, outage: Outage): Promise<number> {
  return Math.max(...(await runs(one, outage)).map(({ ms }) => ms));
}

/** A deployment that was well until the moment at which its outage begins. */
async function untilBegin(one: Case, seed: number, seconds: number) {
  const world = makeDeployment({ ...one, jobsEach: JOBS_EACH, seed: seed + 1 });
  const beginMs = world.clock() + HEALTHY_MS + seconds * SECOND;
  await world.runUntil(beginMs - seconds * SECOND);
  if (one.isCold) world.coldStarts();
  await world.runUntil(beginMs);
  if (!one.isProven) world.newVersion();
  return { world, beginMs };
}

async function runs(one: Case, outage: Outage): Promise<{ ms: number; inVain: number }[]> {
  const results: { ms: number; inVain: number }[] = [];
  for (const [seed, seconds] of BEGIN_SECONDS.entries()) {
    const { world, beginMs } = await untilBegin(one, seed, seconds);
    world.cloud.begin(outage, () => true);
    await world.runUntil(beginMs + OUTAGE_MS);
    world.cloud.end();
    world.cloud.polled.clear();
    const endMs = world.clock();
    while (world.cloud.polled.size < world.jobIds.length && world.clock() < endMs + AFTER_MS)
      await world.runUntil(world.clock() + SECOND);
    results.push({ ms: world.clock() - endMs, inVain: world.cloud.signedInVain() });
    world.close();
  }
  return results;
}

/** The longest that a job of the healthy half had to wait for a poll while the other half hangs. */
async function healthyHalf(one: Case): Promise<number> {
  const half = one.scopes.slice(0, one.scopes.length / 2);
  const isSick = (url: URL) => half.some((scope) => isOf(scope, url));
  const isSickJob = (jobId: string) =>
    half.some(({ api, region }) => jobId.startsWith(`${api}-${region}-`.replaceAll('.', '-')));
  let longestMs = 0;
  for (const [seed, seconds] of BEGIN_SECONDS.entries()) {
    const { world, beginMs } = await untilBegin(one, seed, seconds);
    world.cloud.begin('hang', isSick);
    const healthy = world.jobIds.filter((jobId) => !isSickJob(jobId));
    for (const jobId of healthy) world.cloud.polled.set(jobId, beginMs);
    while (world.clock() < beginMs + AFTER_MS) {
      await world.runUntil(world.clock() + SECOND);
      const oldestMs = Math.min(...healthy.map((jobId) => world.cloud.polled.get(jobId) ?? beginMs));
      longestMs = Math.max(longestMs, world.clock() - oldestMs);
    }
    world.close();
  }
  return longestMs;
}

/** v1.0 and v3 have one host. */
function isOf({ api, region }: BenchScope, { host, pathname }: URL): boolean {
  if (!host.includes(`.${region}.`)) return false;
  return api === 'huawei.elb.v1' ? pathname.startsWith('/v1.0/') : !pathname.startsWith('/v1.0/');
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}
