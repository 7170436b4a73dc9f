import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toIso } from '../../../lib/base/time.ts';
import { type JudgeMemory, type Judgement, NO_MEMORY } from '../../../lib/job/judgement.ts';
import { type Detail, NO_DETAIL, type SubJob } from '../../../lib/job/observation.ts';
import type { Phase } from '../../../lib/job/phase.ts';
import { FAIL_AGAIN_MS, judgeV3, ROLL_BACK_MAX_MS, V3_STATUSES } from '../../../lib/vendors/huawei/elb-v3-judge.ts';
import { aCall, aLab, json, NOW_MS, only, poll } from '../support.ts';

const CASES = [(word: string) => word, (word: string) => word.toUpperCase(), capital] as const;

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function aSubJob(status: string | null): SubJob {
  return {
    jobId: 's',
    operation: null,
    status,
    resourceId: null,
    beganAt: null,
    endedAt: null,
    error: null,
    entities: [],
  };
}

function aDetail(more: Partial<Detail> = {}): Detail {
  return { ...NO_DETAIL, ...more };
}

describe('words that each mean one phase', () => {
  const { vendors } = aLab([]);
  const alibaba = { processing: 'running', succeeded: 'succeeded', failed: 'failed' };
  const tables: Record<string, Record<string, Phase | null>> = {
    'alibaba.nlb': { ...alibaba, success: null, fail: null } as Record<string, Phase | null>,
    'alibaba.alb': { ...alibaba, running: null, '': null } as Record<string, Phase | null>,
    'huawei.elb.v1': {
      init: 'pending',
      running: 'running',
      success: 'succeeded',
      fail: 'failed',
      complete: null,
      pending_payment: null,
    },
  };
  const rows = Object.entries(tables).flatMap(([api, table]) =>
    Object.entries(table).flatMap(([word, phase]) => CASES.map((write) => [api, write(word), phase] as const)),
  );

  test.each(rows)('%s "%s" is %s', (api, word, phase) => {
    const errors = [null, { code: 'E', message: 'm' }];
    for (const rolledBack of [false, true]) {
      for (const error of errors) {
        const memory = { rolledBack, failSeenAt: null };
        const judgement = vendors
          .get(api)
          ?.judge({ word, detail: aDetail({ error, subJobs: [aSubJob('FAIL')] }) }, memory, NOW_MS);
        expect(judgement).toEqual({ phase, memory, pollWithinMs: null });
      }
    }
  });

  test('v3 has a judge of its own', () => {
    expect(vendors.get('huawei.elb.v3')?.judge).toBe(judgeV3);
  });
});

/** Every combination of what v3's rules look at. */
const WORDS = [...V3_STATUSES.keys(), 'zombie'];
const SUB_WORDS = [
  'init',
  'running',
  'success',
  'complete',
  'fail',
  'rollbacking',
  'rollback_fail',
  'cancel',
  'zombie',
  null,
];
const ERRORS = [
  null,
  { code: null, message: 'only a message' },
  { code: '', message: null },
  { code: 'ELB.1', message: null },
];
/** How long ago FAIL was first said; null: never. */
const FAIL_AGES = [
  null,
  0,
  FAIL_AGAIN_MS - 1,
  FAIL_AGAIN_MS,
  ROLL_BACK_MAX_MS - 1,
  ROLL_BACK_MAX_MS,
  ROLL_BACK_MAX_MS * 9,
];

interface Case {
  readonly word: string;
  readonly sub: string | null;
  readonly hasCode: boolean;
  readonly ended: boolean;
  readonly rolledBack: boolean;
  readonly failAgeMs: number | null;
}

/** The rules of the design, written once more, the slow way. */
function expectedPhase(given: Case): Phase | null {
  const { word, sub, hasCode, ended, rolledBack, failAgeMs } = given;
  const plain: Record<string, Phase> = {
    init: 'pending',
    running: 'running',
    rollbacking: 'rolling_back',
    rollback_fail: 'rollback_failed',
    cancel: 'canceled',
  };
  if (word in plain) return plain[word] ?? null;
  if (word === 'success' || word === 'complete') {
    const badSub = sub !== null && ['fail', 'rollbacking', 'rollback_fail', 'cancel'].includes(sub);
    return hasCode || badSub || rolledBack ? 'failed' : 'succeeded';
  }
  if (word !== 'fail') return null;
  const age = failAgeMs ?? 0;
  if (sub === 'running' || sub === 'rollbacking') return age < ROLL_BACK_MAX_MS ? 'rolling_back' : 'failed';
  if (ended || age >= FAIL_AGAIN_MS) return 'failed';
  return rolledBack ? 'rolling_back' : 'running';
}

describe('huawei.elb.v3', () => {
  test.each(WORDS)('%s, with every sub-job, error, end, memory and writing', (word) => {
    for (const sub of SUB_WORDS) {
      for (const error of ERRORS) {
        for (const endedAt of [null, toIso(NOW_MS - 1000)]) {
          for (const rolledBack of [false, true]) {
            for (const failAgeMs of FAIL_AGES) {
              const given = {
                word,
                sub,
                hasCode: error?.code === 'ELB.1',
                ended: endedAt !== null,
                rolledBack,
                failAgeMs,
              };
              for (const write of CASES) {
                const subJobs = sub === null ? [] : [aSubJob('SUCCESS'), aSubJob(null), aSubJob(write(sub))];
                const memory = { rolledBack, failSeenAt: failAgeMs === null ? null : toIso(NOW_MS - failAgeMs) };
                const judgement = judgeV3(
                  { word: write(word), detail: aDetail({ error, endedAt, subJobs }) },
                  memory,
                  NOW_MS,
                );
                expect(judgement.phase, JSON.stringify(given)).toBe(expectedPhase(given));
                expectMemory(judgement, memory, word);
              }
            }
          }
        }
      }
    }
  });

  function expectMemory({ phase, memory }: Judgement, before: JudgeMemory, word: string): void {
    expect(memory.rolledBack).toBe(before.rolledBack || phase === 'rolling_back');
    expect(memory.failSeenAt).toBe(before.failSeenAt ?? (word === 'fail' ? toIso(NOW_MS) : null));
  }

  const fail = (...subs: string[]) => ({ word: 'FAIL', detail: aDetail({ subJobs: subs.map(aSubJob) }) });

  test('a failure without an end is polled again within ten seconds, then believed', () => {
    const first = judgeV3(fail(), NO_MEMORY, NOW_MS);
    expect(first).toEqual({
      phase: 'running',
      memory: { rolledBack: false, failSeenAt: toIso(NOW_MS) },
      pollWithinMs: 10_000,
    });
    const early = judgeV3(fail(), first.memory, NOW_MS + 4000);
    expect(early).toMatchObject({ phase: 'running', pollWithinMs: 6000 });
    expect(judgeV3(fail(), early.memory, NOW_MS + 10_000)).toMatchObject({ phase: 'failed', pollWithinMs: null });
  });

  test('a failure whose sub-jobs work is a roll-back for 15 minutes, and polled when they are over', () => {
    const first = judgeV3(fail('FAIL', 'ROLLBACKING'), NO_MEMORY, NOW_MS);
    expect(first).toMatchObject({ phase: 'rolling_back', memory: { rolledBack: true }, pollWithinMs: 900_000 });
    const later = judgeV3(fail('RUNNING'), first.memory, NOW_MS + 899_000);
    expect(later).toMatchObject({ phase: 'rolling_back', pollWithinMs: 1000 });
    expect(judgeV3(fail('RUNNING'), later.memory, NOW_MS + 900_000).phase).toBe('failed');
  });

  test('a sub-job that has not begun does not keep a failure open', () => {
    expect(
      judgeV3(
        { word: 'FAIL', detail: aDetail({ endedAt: toIso(NOW_MS), subJobs: [aSubJob('INIT')] }) },
        NO_MEMORY,
        NOW_MS,
      ).phase,
    ).toBe('failed');
  });

  test('a roll-back that ends in COMPLETE is a failure', () => {
    const rolling = judgeV3({ word: 'ROLLBACKING', detail: aDetail() }, NO_MEMORY, NOW_MS);
    const running = judgeV3({ word: 'RUNNING', detail: aDetail() }, rolling.memory, NOW_MS + 1000);
    expect(judgeV3({ word: 'COMPLETE', detail: aDetail() }, running.memory, NOW_MS + 2000).phase).toBe('failed');
  });

  test('a clock that went back makes nobody wait longer than the rule says', () => {
    const memory = { rolledBack: false, failSeenAt: toIso(NOW_MS + 3_600_000) };
    expect(judgeV3(fail(), memory, NOW_MS).pollWithinMs).toBe(10_000);
    expect(judgeV3(fail('RUNNING'), memory, NOW_MS).pollWithinMs).toBe(900_000);
  });

  test('whatever is seen, what was remembered is never forgotten', () => {
    const sighting = fc.record({
      word: fc.constantFrom(...WORDS),
      detail: fc.constantFrom(...SUB_WORDS).map((sub) => aDetail({ subJobs: [aSubJob(sub)] })),
    });
    fc.assert(
      fc.property(fc.array(sighting), (sightings) => {
        let memory: JudgeMemory = NO_MEMORY;
        sightings.forEach((seen, index) => {
          const next = judgeV3(seen, memory, NOW_MS + index * 5000).memory;
          expect(next.rolledBack).toBe(next.rolledBack || memory.rolledBack);
          if (memory.failSeenAt !== null) expect(next.failSeenAt).toBe(memory.failSeenAt);
          if (memory.rolledBack) expect(next.rolledBack).toBe(true);
          memory = next;
        });
      }),
      { numRuns: 200 },
    );
  });
});

test.each([
  [0, null, 'succeeded'],
  [7, '7', 'failed'],
])('COMPLETE with the number %i as its error code', async (error_code, code, phase) => {
  const job = { job_id: 'j1', status: 'COMPLETE', error_code, error_msg: code === null ? '' : 'no' };
  const lab = aLab([json({ job, request_id: 'r' })]);
  const seen = only(await poll(lab, aCall('huawei.elb.v3', ['j1'])));
  if (seen.kind !== 'status') throw new Error(seen.reason);
  expect(seen.detail.error?.code ?? null).toBe(code);
  expect(judgeV3(seen, NO_MEMORY, NOW_MS).phase).toBe(phase);
});
