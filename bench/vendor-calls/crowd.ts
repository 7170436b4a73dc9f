import type { HttpFailure, HttpRequest, HttpResponse } from '../../lib/base/http.ts';
import type { Account } from '../../lib/vendors/account.ts';
import { makeVendors } from '../../lib/vendors/registry.ts';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { type FakeClock, fakeClock } from '../../test/fakes/clock.ts';
import { fakeJobs } from '../../test/fakes/jobs.ts';
import { fakePending } from '../../test/fakes/pending.ts';
import { countedQueue } from '../counted-queue.ts';
import { makeTick } from './worker.ts';

/** Jobs that are all due at once and never end. */
export interface Crowd {
  readonly api: 'huawei.elb.v1' | 'huawei.elb.v3' | 'alibaba.nlb';
  readonly jobs: number;
  /** Scopes of one key that share the jobs. */
  readonly scopes: number;
  /** The vendor refuses the list of a project, and no single job. */
  readonly listIsRefused?: boolean;
  /** The calls of the first scope are never answered. */
  readonly firstHangs?: boolean;
}

/** What one worker made of the crowd. */
export interface Crowded {
  readonly callsPerSecond: number;
  /** By scope, that of each job. */
  readonly polls: readonly (readonly number[])[];
  /** Of the jobs that answer: when the last of them was polled for the first time; infinite: never. */
  readonly allPolledAfterSeconds: number;
  /** Of two jobs of one scope, at any time. */
  readonly mostPollsAhead: number;
  readonly sqsRequestsPerCall: number;
}

const ANSWER_MS = 150;
const HANG_MS = 5000;
const HANGS: HttpFailure = { kind: 'failure', error: 'timeout', code: null, reason: 'no answer in time' };
const SQS_MS = 20;
const ACCOUNTS: Readonly<Record<string, Account>> = {
  huawei: { vendor: 'huawei', accessKeyId: 'ak', accessKeySecret: 'secret' },
  alibaba: { vendor: 'alibaba', accessKeyId: 'ak', accessKeySecret: 'secret' },
};

/** The whole of `watch` on a virtual clock, in ticks that follow each other without a gap. */
export async function watchCrowd(crowd: Crowd, ticks: readonly number[], seed = 1): Promise<Crowded> {
  const clock = fakeClock();
  const random = seeded(seed);
  const startMs = clock();
  const fake = fakePending({ clock, random, sampleRate: 0.7 });
  const queue = countedQueue(fake, clock, SQS_MS);
  const cloud = makeCrowdCloud(crowd, clock);
  const { api, jobs, scopes } = crowd;
  const isHuawei = api.startsWith('huawei');
  for (let job = 0; job < jobs; job++) {
    const place = isHuawei ? { region: 'eu-de', projectId: `p${job % scopes}` } : { region: `cn-test-${job % scopes}` };
    const submittedAt = new Date(startMs - 60_000).toISOString();
    fake.send(JSON.stringify({ api, ...place, jobId: `job-${job}`, submittedAt }));
  }
  let nonces = 0;
  const vendors = makeVendors({ send: cloud.send, clock, nonce: () => `n${nonces++}` });
  const account = ACCOUNTS[isHuawei ? 'huawei' : 'alibaba'] as Account;
  const tick = makeTick({ account, clock, random, jobs: fakeJobs(clock), pending: queue.pending, vendors });
  for (const seconds of ticks) await tick(seconds);
  const seconds = (clock() - startMs) / 1000;
  const calls = cloud.calls();
  return {
    callsPerSecond: calls / seconds,
    polls: cloud.polls(),
    allPolledAfterSeconds: (cloud.lastFirstMs() - startMs) / 1000,
    mostPollsAhead: cloud.mostAhead(),
    sqsRequestsPerCall: queue.requests() / calls,
  };
}

/** A cloud in which every job runs for ever. */
function makeCrowdCloud(crowd: Crowd, clock: FakeClock) {
  const { api, jobs, scopes, listIsRefused = false, firstHangs = false } = crowd;
  const polls = new Map(Array.from({ length: jobs }, (_, job) => [`job-${job}`, 0]));
  const firstMs = new Map<string, number>();
  let calls = 0;
  let mostAhead = 0;
  const scopeOf = (id: string) => Number(id.slice(4)) % scopes;
  const answers = (id: string) => !(firstHangs && scopeOf(id) === 0);
  const byScope = () =>
    Array.from({ length: scopes }, (_, scope) => [...polls].filter(([id]) => scopeOf(id) === scope).map(([, n]) => n));

  function note(ids: readonly string[]): void {
    for (const id of ids) {
      polls.set(id, (polls.get(id) ?? 0) + 1);
      if (!firstMs.has(id)) firstMs.set(id, clock());
    }
    for (const counts of byScope()) mostAhead = Math.max(mostAhead, Math.max(...counts) - Math.min(...counts));
  }

  function answer(ids: readonly string[], isList: boolean): HttpResponse {
    const said = (status: number, body: object): HttpResponse => {
      return { kind: 'response', status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    };
    if (api === 'alibaba.nlb') {
      const Jobs = ids.map((Id) => ({ Id, Status: 'Processing' }));
      return said(200, { RequestId: 'r', Jobs, Status: 'Processing', TotalCount: ids.length });
    }
    if (isList && listIsRefused) return said(403, { error_code: 'APIGW.0302', error_msg: 'no' });
    const job = (job_id: string) => ({ job_id, job_type: 'createELB', status: 'RUNNING' });
    if (isList) return said(200, { jobs: [...polls.keys()].map(job), page_info: {} });
    return said(200, api === 'huawei.elb.v1' ? job(ids[0] ?? '') : { job: job(ids[0] ?? '') });
  }

  return {
    calls: () => calls,
    polls: byScope,
    lastFirstMs: () =>
      Math.max(...[...polls.keys()].filter(answers).map((id) => firstMs.get(id) ?? Number.POSITIVE_INFINITY)),
    mostAhead: () => mostAhead,
    async send({ url }: HttpRequest): Promise<HttpResponse | HttpFailure> {
      calls += 1;
      const last = url.pathname.split('/').at(-1) ?? '';
      const named = [...url.searchParams].filter(([name]) => /^JobIds?/.test(name)).map(([, id]) => id);
      const isList = api === 'huawei.elb.v3' && last === 'jobs';
      const ids = api === 'alibaba.nlb' ? named : isList ? [] : [last];
      note(ids);
      const isSick = ids.some((id) => !answers(id));
      await clock.sleep(isSick ? HANG_MS : ANSWER_MS);
      return isSick ? HANGS : answer(ids, isList);
    },
  };
}
