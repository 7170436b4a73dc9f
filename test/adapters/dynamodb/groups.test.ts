import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeGroupStore } from '../../../lib/adapters/dynamodb/groups.ts';
import { put } from '../../../lib/adapters/dynamodb/items.ts';
import { toIso } from '../../../lib/base/time.ts';
import { GROUP_SIZE_MAX } from '../../../lib/job/group/group.ts';
import { newMember } from '../../../lib/job/group/summary.ts';
import { type Groups, groupsContract } from '../../contract/groups.ts';
import { type Engine, hasDynoxide, startDynalite, startDynoxide, startGiven } from '../../engine/dynamodb.ts';
import { GIVEN } from '../../engine/given.ts';
import { START_MS } from '../../fakes/clock.ts';
import { fakeGroups } from '../../fakes/groups.ts';
import { aReading } from '../../fakes/reading.ts';
import { aMessage } from '../../fakes/records.ts';

const TABLES = [
  {
    name: 'groups',
    sort: 'member',
    indexes: [
      { name: 'open', partition: 'isOpen', sort: 'dueAt' },
      { name: 'list', partition: 'kind', sort: 'createdAt' },
    ],
  },
];

describe('groups in memory', () => {
  let nowMs = START_MS;
  const groups = fakeGroups(() => nowMs);
  groupsContract((clock = () => START_MS) => {
    const at =
      <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
      (...args: Args): Promise<Result> => {
        nowMs = clock();
        return work(...args);
      };
    return Object.fromEntries(Object.entries(groups).map(([name, work]) => [name, at(work)])) as unknown as Groups;
  });
});

describe.each([
  ['dynalite', startDynalite, true],
  ['dynoxide', startDynoxide, hasDynoxide],
  ['the engine that is given', startGiven, GIVEN.dynamodb !== ''],
] as const)('groups on %s', (_name, start, isHere) => {
  describe.skipIf(!isHere)('the store', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await start(TABLES);
    });
    afterAll(() => engine.stop());

    const storeAt = (clock = () => START_MS, reading = aReading()) =>
      makeGroupStore({ ...reading, client: engine.client, table: engine.table('groups'), clock });
    groupsContract(storeAt);

    test('the largest group with the longest texts is one page of a query', async () => {
      const id = '\u8a9e'.repeat(256);
      const now = toIso(START_MS);
      const labels = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`label${at}`, 'x'.repeat(256)]));
      for (let at = 0; at < GROUP_SIZE_MAX; at += 50)
        await Promise.all(
          Array.from({ length: 50 }, async (_, place) => {
            const name = {
              jobId: `${'j'.repeat(120)}${at + place}`,
              account: 'a'.repeat(64),
              api: 'b'.repeat(64),
              labels,
            };
            const member = newMember(aMessage(name), { sentMs: START_MS, nowMs: START_MS });
            const error = { code: 'c'.repeat(64), message: 'm'.repeat(256) };
            await storeAt().join({ id, size: GROUP_SIZE_MAX }, { ...member, phase: 'rollback_failed', error }, now);
          }),
        );
      let requests = 0;
      const send = (command: never) => {
        requests += 1;
        return engine.client.send(command);
      };
      const client = { send } as unknown as Engine['client'];
      const store = makeGroupStore({ ...aReading(), client, table: engine.table('groups'), clock: () => START_MS });
      expect((await store.read(id))?.members).toHaveLength(GROUP_SIZE_MAX);
      expect(requests).toBe(1);
    });

    test('an item that can not be understood is told of and left out', async () => {
      const reading = aReading();
      const store = storeAt(() => START_MS, reading);
      const member = newMember(aMessage(), { sentMs: START_MS, nowMs: START_MS });
      await store.join({ id: 'odd', size: 2 }, member, toIso(START_MS));
      const table = { client: engine.client, table: engine.table('groups') };
      await put(table, { id: 'odd', member: 'job_odd', since: 7 });
      expect((await store.read('odd'))?.members).toHaveLength(1);
      await put(table, { id: 'odd', member: '#', size: 'many' });
      expect(await store.read('odd')).toBeNull();
      expect(reading.noted.length).toBeGreaterThan(0);
    });
  });
});
