import { describe, expect, it } from 'vitest';
import { type FaultMode, faulty } from '../fakes/faults.ts';
import { makeWorld, type World } from '../fakes/world.ts';

/**
 * Goal: a crash at any effect costs time, never a job or an event. Method: count the effects of a run without faults,
 * then play it again once for each effect and each way to fail there, let a fresh worker go on, and compare the ends.
 */
const MINUTES = 12;

interface Case {
  readonly name: string;
  readonly prepare: (world: World) => string[];
  readonly expected: Readonly<Record<string, string[]>>;
  /** What is told of the group, in this order. */
  readonly group?: readonly string[];
}

const cases: Case[] = [
  {
    name: 'a job that succeeds and one that fails',
    prepare(world) {
      world.vendor.script('a', [
        { fromMs: 0, word: 'RUNNING' },
        { fromMs: 9000, word: 'SUCCESS' },
      ]);
      world.vendor.script('b', [
        { fromMs: 0, word: 'INIT' },
        { fromMs: 4000, word: 'FAIL' },
      ]);
      return [world.submit('a'), world.submit('b')];
    },
    expected: { a: ['jobwatch.job.succeeded'], b: ['jobwatch.job.failed'] },
  },
  {
    name: 'a job that is sent twice, and a bad message',
    prepare(world) {
      world.vendor.script('a', [
        { fromMs: 0, word: 'RUNNING' },
        { fromMs: 9000, word: 'SUCCESS' },
      ]);
      world.pending.send('{"bad":true}');
      world.submit('a', { labels: { by: 'second' } });
      return [world.submit('a')];
    },
    expected: { a: ['jobwatch.job.succeeded'] },
  },
  {
    name: 'two jobs of a group, one of which fails',
    prepare(world) {
      world.vendor.script('a', [
        { fromMs: 0, word: 'RUNNING' },
        { fromMs: 9000, word: 'SUCCESS' },
      ]);
      world.vendor.script('b', [{ fromMs: 0, word: 'FAIL' }]);
      return ['a', 'b'].map((name) => world.submit(name, { group: { id: 'g', size: 2 } }));
    },
    expected: { a: ['jobwatch.job.succeeded'], b: ['jobwatch.job.failed'] },
    group: ['jobwatch.group.failing', 'jobwatch.group.completed'],
  },
];

async function play(one: Case, fault: { index: number; mode: FaultMode } | null) {
  const world = makeWorld();
  const ids = one.prepare(world);
  let effects = 0;
  const names: string[] = [];
  const first = world.makeWorker((ports) =>
    faulty(ports, (name) => {
      names.push(name);
      return effects++ === fault?.index ? fault.mode : null;
    }),
  );
  await first.tick();
  world.clock.advance(10_000);
  await world.runMinutes(MINUTES);
  return { world, ids, names, effects };
}

describe.each(cases)('a crash anywhere: $name', (one) => {
  it.each(['before', 'after', 'lost'] as const)(
    'costs no job and no event when each effect fails in turn (%s)',
    async (mode) => {
      const { effects } = await play(one, null);
      expect(effects).toBeGreaterThan(10);
      for (let index = 0; index < effects; index++) {
        const { world, ids, names } = await play(one, { index, mode });
        const where = `${mode} effect ${index} (${names[index]})`;
        for (const [position, id] of ids.entries()) {
          const types = Object.values(one.expected)[position];
          const ends = new Map(world.ends(id).map((event) => [event.id, event.type]));
          expect([...ends.values()], where).toEqual(types);
          const { seq, notifiedSeq, history } = world.job(id) ?? { seq: -1, notifiedSeq: -1, history: [] };
          expect(notifiedSeq, where).toBe(seq);
          expect(
            history.map((entry) => entry.seq),
            where,
          ).toEqual(history.map((_, at) => at + 1));
          const toldSeqs = new Set(
            world.told
              .filter(({ type, data }) => type.startsWith('jobwatch.job.') && JSON.stringify(data).includes(id))
              .map((event) => event.id),
          );
          expect(toldSeqs.size, where).toBe(seq);
        }
        const ofGroup = world.told.filter(({ type }) => type.startsWith('jobwatch.group.'));
        const types = new Map(ofGroup.map((event) => [JSON.stringify(event), event.type]));
        expect([...types.values()], where).toEqual(one.group ?? []);
        expect(world.groups.open(), where).toEqual([]);
        expect(world.jobs.open(), where).toEqual([]);
        expect(world.pending.size(), where).toBe(0);
        const bad = world.rejected.length;
        expect(bad, where).toBeGreaterThanOrEqual(one.name.includes('bad') ? 1 : 0);
      }
    },
  );
});
