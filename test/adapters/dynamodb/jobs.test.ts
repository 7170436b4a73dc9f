import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { put } from '../../../lib/adapters/dynamodb/items.ts';
import { makeJobStore } from '../../../lib/adapters/dynamodb/jobs.ts';
import { makeKnownJobs } from '../../../lib/adapters/dynamodb/known-jobs.ts';
import { makeStateStore } from '../../../lib/adapters/dynamodb/state.ts';
import { unknownKeyState } from '../../../lib/admission/key-state.ts';
import { addTransitions, bareRecord } from '../../../lib/job/history.ts';
import { type Jobs, jobsContract } from '../../contract/jobs.ts';
import { keyStatesContract } from '../../contract/key-states.ts';
import { type Engine, hasDynoxide, startDynalite, startDynoxide, startGiven } from '../../engine/dynamodb.ts';
import { GIVEN } from '../../engine/given.ts';
import { START_MS } from '../../fakes/clock.ts';
import { fakeJobs } from '../../fakes/jobs.ts';
import { fakeKeyStates } from '../../fakes/key-states.ts';
import { aReading } from '../../fakes/reading.ts';
import { aJob, anEntry } from '../../fakes/records.ts';

const clock = () => START_MS;
const INDEXES = [
  { name: 'open', partition: 'openShard', sort: 'nextPollAt' },
  { name: 'day', partition: 'createdDay', sort: 'createdAt' },
];
const TABLES = [
  { name: 'jobs', indexes: INDEXES },
  { name: 'known', indexes: INDEXES },
  { name: 'state', indexes: [] },
];

describe('jobs and refusals in memory', () => {
  const jobs: Jobs = fakeJobs(clock);
  const keyStates = fakeKeyStates();
  jobsContract(() => jobs);
  keyStatesContract(() => keyStates);
});

describe.each([
  ['dynalite', startDynalite, true],
  ['dynoxide', startDynoxide, hasDynoxide],
  ['the engine that is given', startGiven, GIVEN.dynamodb !== ''],
] as const)('jobs and refusals on %s', (_name, start, isHere) => {
  describe.skipIf(!isHere)('the stores', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await start(TABLES);
    });
    afterAll(() => engine.stop());

    const options = () => ({ ...aReading(), client: engine.client, table: engine.table('jobs'), clock });
    jobsContract(() => makeJobStore(options()));
    describe('with what the process knows of them', () => {
      const known = makeKnownJobs();
      jobsContract(() => makeJobStore({ ...options(), table: engine.table('known'), known }));
    });
    keyStatesContract(
      () => makeStateStore({ ...aReading(), client: engine.client, table: engine.table('state'), clock }).keyStates,
    );

    test('the state of a key that an earlier build wrote is read: nothing of it is proven', async () => {
      const id = 'key#earlier';
      const earlier = { id, version: 3, badMs: [START_MS], trialUntilMs: 0, denial: null, expiresAt: 2_000_000_000 };
      await engine.client.send(new PutItemCommand({ TableName: engine.table('state'), Item: marshall(earlier) }));
      const { keyStates } = makeStateStore({
        ...aReading(),
        client: engine.client,
        table: engine.table('state'),
        clock,
      });
      expect(await keyStates.get(id)).toEqual({ ...unknownKeyState(id), version: 3, badMs: [START_MS] });
    });

    test('a record that no item can hold is written bare', async () => {
      const jobs = makeJobStore({ ...aReading(), client: engine.client, table: engine.table('jobs'), clock });
      const job = aJob({ id: 'job_toolarge' });
      await jobs.create(job);
      const large = { ...job, vendorStatus: 'RUNNING', labels: { big: 'x'.repeat(420_000) } };
      const bare = { ...bareRecord(large, 0), version: 2 };
      expect(await jobs.save(large)).toEqual({ kind: 'saved', job: bare });
      expect(await jobs.get(job.id)).toEqual(bare);
    });

    test('a record that no item can hold keeps what it held and may have been told', async () => {
      const jobs = makeJobStore({ ...aReading(), client: engine.client, table: engine.table('jobs'), clock });
      const job = aJob({ id: 'job_grown' });
      await jobs.create(job);
      const error = { code: 'E', message: 'text' };
      const running = addTransitions(job, [anEntry(1, { error })]);
      await jobs.save(running);
      const large = { ...addTransitions(running, [anEntry(2, { error })]), labels: { big: 'x'.repeat(420_000) } };
      expect(await jobs.save({ ...large, version: 2 })).toMatchObject({ kind: 'saved' });
      const stored = await jobs.get(job.id);
      expect(stored?.history.map((entry) => entry.error?.message)).toEqual(['text', null]);
    });

    test('a record that no item can hold, not even bare, is refused and not a fault', async () => {
      const jobs = makeJobStore({ ...aReading(), client: engine.client, table: engine.table('jobs'), clock });
      const job = aJob({ id: 'job_muchtoolarge' });
      await jobs.create(job);
      expect(await jobs.save({ ...job, vendorStatus: 'x'.repeat(420_000) })).toEqual({ kind: 'refused' });
      expect(await jobs.get(job.id)).toEqual(job);
    });

    test('a record that can not be understood fails for itself alone', async () => {
      const jobs = makeJobStore({ ...aReading(), client: engine.client, table: engine.table('jobs'), clock });
      await jobs.create(aJob({ id: 'job_good' }));
      await engine.client.send(
        new PutItemCommand({
          TableName: engine.table('jobs'),
          Item: { id: { S: 'job_odd' }, phase: { S: 'of a later version' } },
        }),
      );
      const read = await Promise.allSettled(['job_good', 'job_odd', 'job_none'].map((id) => jobs.get(id)));
      expect(read.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });

    test('a record of a newer build keeps what it holds beyond this one, also when it is saved', async () => {
      const jobs = makeJobStore({ ...aReading(), client: engine.client, table: engine.table('jobs'), clock });
      const job = { ...aJob({ id: 'job_newer' }), mood: 'good' };
      await jobs.create(job);
      const read = await jobs.get(job.id);
      expect(read).toEqual(job);
      if (read !== null) await jobs.save({ ...read, polls: 1 });
      expect(await jobs.get(job.id)).toEqual({ ...job, polls: 1, version: 2 });
    });

    test('an item that can not be understood is left out of the denials, and fails a read of jobs for itself', async () => {
      const reading = aReading();
      const state = makeStateStore({ ...reading, client: engine.client, table: engine.table('state'), clock });
      const denial = { since: 's', untilMs: 1, probes: 0, account: 'a', versions: {}, reason: 'r', told: true };
      await state.keyStates.put({ ...unknownKeyState('key#good'), denial });
      const odd = { id: 'key#odd', denial: { since: 'yesterday' } };
      await put({ client: engine.client, table: engine.table('state') }, odd);
      // More digits than a number holds: the SDK throws.
      const Item = { id: { S: 'key#long' }, denial: { M: {} }, version: { N: '9007199254740993.5' } };
      await engine.client.send(new PutItemCommand({ TableName: engine.table('state'), Item }));
      const denied = (await state.denials()).map(({ id }) => id);
      expect(denied).toContain('key#good');
      expect(denied.filter((id) => id === 'key#odd' || id === 'key#long')).toEqual([]);
      const jobs = makeJobStore({ ...reading, client: engine.client, table: engine.table('jobs'), clock });
      await jobs.create(aJob({ id: 'job_even' }));
      await put(
        { client: engine.client, table: engine.table('jobs') },
        { ...aJob({ id: 'job_odd' }), phase: 'asleep' },
      );
      const [even, oddJob] = await Promise.allSettled([jobs.get('job_even'), jobs.get('job_odd')]);
      expect(even).toMatchObject({ status: 'fulfilled', value: { id: 'job_even' } });
      expect(oddJob).toMatchObject({ status: 'rejected', reason: { name: 'ItemError' } });
      expect(reading.noted.toSorted()).toEqual([
        `${engine.table('jobs')} job_odd`,
        `${engine.table('state')} key#long`,
        `${engine.table('state')} key#odd`,
      ]);
    });

    test('the last tick and the learned pages outlive their process', async () => {
      const first = makeStateStore({ ...aReading(), client: engine.client, table: engine.table('state'), clock });
      await first.noteTick({ atMs: START_MS, messages: 3, calls: 2 });
      await first.pages.learn('huawei.elb.v3/default/r/p', 7);
      const second = makeStateStore({ ...aReading(), client: engine.client, table: engine.table('state'), clock });
      await second.pages.recall('huawei.elb.v3/default/r/p');
      expect(await second.lastTick()).toEqual({ at: '2026-11-20T10:00:00.000Z' });
      const stored = await engine.client.send(
        new GetItemCommand({ TableName: engine.table('state'), Key: { id: { S: 'tick' } } }),
      );
      expect(stored.Item).toMatchObject({ messages: { N: '3' }, calls: { N: '2' } });
      expect(second.pages.get('huawei.elb.v3/default/r/p')).toBe(7);
    });
  });
});
