import { describe, expect, it } from 'vitest';
import { cpuMsOf, peakMbOf } from '../../bench/throughput/child.ts';
import { inTurns, makeCrowd, SCOPES } from '../../bench/throughput/crowd.ts';
import { kindTable, otherTable, requestTable, sizeTable } from '../../bench/throughput/tables.ts';

const watch = {
  polls: 100,
  wallMs: 1000,
  cpuMs: 200,
  hostCpuMs: 50,
  databaseCpuMs: 25,
  peakMb: 128,
  requests: { 'sqs:ReceiveMessage': 0.1 },
  recordBytes: 998,
};
const measured = [
  [
    { name: 'saved', about: '' },
    { watch, floor: { polls: 100, wallMs: 800, cpuMs: 150 }, others: [] },
  ],
] as const;

describe('the tables of throughput', () => {
  it('set watch beside its floor', () => {
    expect(kindTable(measured).split('\n').at(-1)).toBe(
      '| saved | 100 | 125 | 0.80 | 2.00 | 1.50 | 0.75 | 0.50 | 0.25 |',
    );
  });

  it('tell the requests of a poll by kind', () => {
    expect(requestTable(measured)).toContain('| sqs:ReceiveMessage | 0.1000 |\n| bytes of the record | 998 |');
  });

  it('leave out what was not run', () => {
    const rows = otherTable([
      ['watch', watch],
      ['other', { polls: 10, wallMs: 1000, cpuMs: 60 }],
      ['none', undefined],
    ]);
    expect(rows.split('\n').slice(2)).toEqual([
      '| watch | 100 | 100 | 2.00 | 1.00 |',
      '| other | 10 | 10.0 | 6.00 | 3.00 |',
    ]);
  });

  it('tell time and memory for each size', () => {
    expect(sizeTable([[100, watch]])).toContain('| 100 | 1.00 | 10.0 | 2.00 | 128 |');
  });
});

describe('the crowd', () => {
  it('stands in twenty scopes by turns', () => {
    const crowd = makeCrowd(400, 'job');
    const scopes = Map.groupBy(crowd, ({ api, account }) => `${api} ${account}`);
    expect(scopes.size).toBe(SCOPES);
    expect([...scopes.values()].every((jobs) => jobs.length === 20)).toBe(true);
    expect(new Set(crowd.map(({ id }) => id)).size).toBe(400);
  });

  it('is worked on by so many at a time, each once', async () => {
    let [atOnce, most] = [0, 0];
    const done: number[] = [];
    await inTurns([10, 11, 12, 13, 14], 2, async (item, index) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await Promise.resolve();
      done.push(item - index);
      atOnce -= 1;
    });
    expect(done).toEqual([10, 10, 10, 10, 10]);
    expect(most).toBe(2);
  });
});

describe.runIf(process.platform === 'linux')('a process', () => {
  it('tells its CPU time and its memory', () => {
    expect(cpuMsOf(process.pid)).toBeGreaterThan(0);
    expect(peakMbOf(process.pid)).toBeGreaterThan(20);
  });
});
