import { describe, expect, test } from 'vitest';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import { phaseOf, printTable, WORDS } from './table.ts';

/** The words as the vendors' pages have them, written down by hand: phase → words. */
const JOBS = { pending: 'INIT', running: 'RUNNING', succeeded: 'SUCCESS', failed: 'FAIL' };
const TASKS = { pending: 'Pending', running: 'Running', succeeded: 'Completed', failed: 'Failed' };
const ALIBABA = { running: 'Processing', succeeded: 'Succeeded', failed: 'Failed' };
const NUMBERS = { running: '2', succeeded: '0', failed: '1' };
const TENCENT = { running: 'RUNNING', succeeded: 'SUCCESS', failed: 'FAILED' };
const ORDERS = { ...JOBS, pending: 'INIT PENDING_PAYMENT' };

const DOCUMENTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'alibaba.nlb': ALIBABA,
  'alibaba.alb': ALIBABA,
  'huawei.elb.v1': JOBS,
  'huawei.elb.v3': {
    ...JOBS,
    rolling_back: 'ROLLBACKING',
    succeeded: 'SUCCESS COMPLETE',
    rollback_failed: 'ROLLBACK_FAIL',
    canceled: 'CANCEL',
  },
  ...Object.fromEntries(['evs', 'ims', 'eip', 'deh', 'sdrs', 'dcs'].map((name) => [`huawei.${name}`, JOBS])),
  ...Object.fromEntries(['ecs', 'bms'].map((name) => [`huawei.${name}`, ORDERS])),
  ...Object.fromEntries(['rds', 'dds', 'gaussdb', 'opengauss', 'geminidb'].map((name) => [`huawei.${name}`, TASKS])),
  'huawei.sfsturbo': { pending: 'waiting', running: 'running', succeeded: 'success', failed: 'failed' },
  'huawei.cce': { pending: 'Initializing', running: 'Running', succeeded: 'Success', failed: 'Failed' },
  'tencent.clb': NUMBERS,
  'tencent.gwlb': NUMBERS,
  'tencent.alb': ALIBABA,
  'tencent.vpc': TENCENT,
  'tencent.eip': TENCENT,
  'tencent.cdb': { ...TENCENT, pending: 'INITIAL UNDEFINED', running: 'RUNNING PAUSED', canceled: 'KILLED REMOVED' },
  'hetzner.actions': { running: 'running', succeeded: 'success', failed: 'error' },
  'digitalocean.actions': { running: 'in-progress', succeeded: 'completed', failed: 'errored' },
};

describe('words', () => {
  test('are written down for every api', () => {
    expect(Object.keys(DOCUMENTED).sort()).toEqual([...API_FACTS.keys()].sort());
  });

  test.each(Object.entries(DOCUMENTED))(
    '%s: each documented word has its phase, no other word has one',
    async (api, words) => {
      const expected = new Map(
        Object.entries(words).flatMap(([phase, list]) =>
          list.split(' ').map((word) => [word.toLowerCase(), phase] as const),
        ),
      );
      for (const word of expected.keys()) expect(WORDS.map((one) => one.toLowerCase())).toContain(word);
      for (const word of WORDS)
        for (const written of [word, word.toLowerCase(), word.toUpperCase()])
          expect([written, await phaseOf(api, written)]).toEqual([written, expected.get(word.toLowerCase()) ?? null]);
    },
  );
});

test('the table of words, codes and unknown ids of every api', async () => {
  await expect(await printTable()).toMatchFileSnapshot('../fixtures/vendors/table.md');
});
