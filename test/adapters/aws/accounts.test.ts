import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeAccounts } from '../../../lib/adapters/aws/accounts.ts';
import { ParameterError } from '../../../lib/adapters/aws/parameter.ts';
import { API_FACTS } from '../../../lib/vendors/registry.ts';
import { aTick } from '../../fakes/tick.ts';

const GOOD = JSON.stringify({ vendor: 'huawei', accessKeyId: 'AK', accessKeySecret: 'SK' });
const HOME = '/jobwatch/test/accounts/';
const SECOND = 1000;
const MINUTE = 60 * SECOND;

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

interface Options {
  readonly stored?: Readonly<Record<string, string>>;
  /** Requests a second that SSM answers, and as many in a burst. */
  readonly quota?: number;
}

/** SSM on a virtual clock, 30 ms a request, and look-ups of accounts there. */
function setUp({ stored = {}, quota = Number.POSITIVE_INFINITY }: Options = {}) {
  const parameters = new Map(Object.entries(stored).map(([name, value]) => [HOME + name, { value, version: '1' }]));
  const requests: (readonly string[])[] = [];
  const faults: unknown[] = [];
  const ssm = { down: '', refused: '', throttled: 0, tokens: quota, atMs: 0, hangs: false };
  const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));
  const lookUp = makeAccounts({
    async readParameters(names) {
      requests.push(names);
      await sleep(30);
      while (ssm.hangs) await sleep(30);
      ssm.tokens = Math.min(quota, ssm.tokens + ((Date.now() - ssm.atMs) / SECOND) * quota);
      ssm.atMs = Date.now();
      if (ssm.tokens < 1) {
        ssm.throttled += 1;
        throw new ParameterError('GetParameters', 'ThrottlingException');
      }
      ssm.tokens -= 1;
      if (ssm.down !== '') throw new ParameterError('GetParameters', ssm.down);
      if (names.includes(HOME + ssm.refused)) throw new ParameterError('GetParameters', 'InvalidKeyId');
      return new Map(names.flatMap((name) => [[name, parameters.get(name)] as const]).filter(isThere));
    },
    stage: 'test',
    apis: API_FACTS,
    clock: Date.now,
    sleep,
    random: () => 0.5,
    log: { error: (...line) => void faults.push(line) },
  });
  const put = (name: string, value: string, version: string) => parameters.set(HOME + name, { value, version });
  /** Looks up, and lets the clock run on until there is an answer. */
  const ask = async (name: string, workers = 1) => {
    const lookup = lookUp(name, aTick({ workers }));
    lookup.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(600);
    return await lookup;
  };
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { ask, lookUp, pass, put, requests, faults, ssm, parameters };
}

function isThere<Value>(entry: readonly [string, Value | undefined]): entry is readonly [string, Value] {
  return entry[1] !== undefined;
}

describe('an account', () => {
  test('is read about once a minute, however many ticks and jobs there are', async () => {
    const { ask, pass, requests } = setUp({ stored: { default: GOOD } });
    for (let at = 0; at < 60; at++) {
      expect(await ask('default')).toMatchObject({ kind: 'found', version: '1' });
      await pass(9400);
    }
    // Ten minutes of a look-up each ten seconds.
    expect(requests.length).toBeLessThan(15);
  });

  test.each(['{', null])('that was mended (%j) works within two minutes, whenever that was', async (broken) => {
    const { ask, pass, put } = setUp({ stored: broken === null ? {} : { default: broken } });
    expect((await ask('default')).kind).not.toBe('found');
    put('default', GOOD, '2');
    // The jobs of a denied account come back each 60 s.
    await pass(MINUTE);
    expect(await ask('default')).toMatchObject({ kind: 'found', version: '2' });
  });

  test('that changed just after it was read is read again before the jobs of a refused key are back twice', async () => {
    const { ask, pass, put } = setUp({ stored: { default: GOOD } });
    await ask('default');
    put('default', GOOD, '2');
    await pass(44_000);
    expect(await ask('default')).toMatchObject({ version: '1' });
    await pass(MINUTE);
    expect(await ask('default')).toMatchObject({ version: '2' });
  });

  test('that was deleted is absent from then on', async () => {
    const { ask, pass, parameters } = setUp({ stored: { default: GOOD } });
    await ask('default');
    parameters.clear();
    await pass(MINUTE);
    expect(await ask('default')).toMatchObject({ kind: 'absent' });
  });
});

describe('while SSM can not be read', () => {
  test.each(['ServiceUnavailable', 'ThrottlingException', 'no answer'])('by %s what is known is used', async (code) => {
    const { ask, pass, ssm, faults } = setUp({ stored: { default: GOOD } });
    await ask('default');
    ssm.down = code;
    for (let minute = 0; minute < 120; minute++) {
      const beganMs = Date.now();
      expect(await ask('default')).toMatchObject({ kind: 'found', version: '1' });
      expect(Date.now() - beganMs).toBeLessThanOrEqual(SECOND);
      await pass(MINUTE);
    }
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.length).toBeLessThanOrEqual(121);
  });

  test('what nobody knows yet fails, and is read again after a moment', async () => {
    const { ask, pass, ssm, requests } = setUp({ stored: { default: GOOD } });
    ssm.down = 'ServiceUnavailable';
    await expect(ask('default')).rejects.toThrow('ServiceUnavailable');
    await expect(ask('default')).rejects.toThrow('ServiceUnavailable');
    expect(requests).toHaveLength(1);
    ssm.down = '';
    await pass(15 * SECOND);
    expect(await ask('default')).toMatchObject({ kind: 'found' });
  });

  test('one parameter that fails its request fails alone', async () => {
    const names = Array.from({ length: 10 }, (_, at) => `a${at}`);
    const { lookUp, pass, ssm } = setUp({ stored: Object.fromEntries(names.map((name) => [name, GOOD])) });
    ssm.refused = 'a3';
    const asked = Promise.allSettled(names.map((name) => lookUp(name, aTick())));
    await pass(5 * SECOND);
    expect((await asked).map(({ status }) => status === 'rejected')).toEqual(names.map((name) => name === 'a3'));
  });
});

describe('while SSM gives no answer at all', () => {
  test('who needs an account of which nothing is known goes on before the tick is over', async () => {
    const { ask, lookUp, pass, ssm, faults } = setUp({ stored: { default: GOOD } });
    ssm.hangs = true;
    const first = lookUp('default', aTick()).then(() => 'found', String);
    await pass(12 * SECOND);
    expect(await first).toBe("ParameterError: SSM's GetParameters failed: no answer within 11000 ms");
    ssm.hangs = false;
    await pass(MINUTE);
    expect(faults).toEqual([]);
    expect(await ask('default')).toMatchObject({ kind: 'found' });
  });
});

describe("under SSM's default quota of 40 requests a second", () => {
  /** Each account has a job that is looked at every ten seconds; how late its look-ups were, in ms. */
  async function watchAll(count: number, { workers = 1, bogus = 0 } = {}) {
    const names = Array.from({ length: count }, (_, at) => `a${at}`);
    const world = setUp({ stored: Object.fromEntries(names.map((name) => [name, GOOD])), quota: 40 });
    const late: number[] = [];
    const look = (name: string) => {
      const dueMs = Date.now();
      world.lookUp(name, aTick({ workers })).then(
        ({ kind }) => void (kind === 'found' && late.push(Date.now() - dueMs)),
        () => void (names.includes(name) && late.push(MINUTE)),
      );
    };
    for (let at = 0; at < 30; at++) {
      for (const name of names) look(name);
      if (at % 6 === 0) for (let one = 0; one < bogus; one++) look(`no-${one}`);
      await world.pass(10 * SECOND);
    }
    return { worst: Math.max(...late), looks: late.length, ...world };
  }

  test.each([
    [200, 1],
    [500, 1],
    [2000, 1],
    [500, 4],
  ])(
    'nobody of %i accounts is late, nor is a read refused (workers that share the tick: %i)',
    async (count, workers) => {
      const { worst, looks, ssm, requests } = await watchAll(count, { workers });
      expect(looks).toBe(count * 30);
      expect(worst).toBeLessThanOrEqual((count / 10) * 50 * workers + SECOND);
      expect([ssm.throttled, requests.length < (count / 10) * 8 + 30]).toEqual([0, true]);
    },
  );

  test('names that do not exist keep no account from its turn', async () => {
    const { worst, looks, ssm, requests } = await watchAll(20, { bogus: 3000 });
    expect(looks).toBe(20 * 30);
    expect([worst <= 16 * SECOND, ssm.throttled]).toEqual([true, 0]);
    // Once each; after that one request a second at most.
    expect(requests.length).toBeLessThan(300 + 300 + 60);
  });
});
