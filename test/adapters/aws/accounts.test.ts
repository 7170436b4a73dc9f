import { expect, test } from 'vitest';
import { makeAccounts } from '../../../lib/adapters/aws/accounts.ts';
import { API_FACTS } from '../../../lib/vendors/registry.ts';
import { fakeClock } from '../../fakes/clock.ts';
import { aTick } from '../../fakes/tick.ts';

const GOOD = JSON.stringify({ vendor: 'huawei', accessKeyId: 'AK', accessKeySecret: 'SK' });

function setUp(value: string | null) {
  const clock = fakeClock();
  const stored = { value, reads: 0 };
  const lookUp = makeAccounts({
    async readParameter() {
      stored.reads += 1;
      return stored.value === null ? null : { value: stored.value, version: String(stored.reads) };
    },
    stage: 'test',
    apis: API_FACTS,
    clock,
  });
  return { clock, stored, lookUp };
}

test('an account is read once in a tick, and again in the next', async () => {
  const { clock, stored, lookUp } = setUp(GOOD);
  const tick = aTick({ beganMs: clock() });
  clock.advance(1000);
  expect(await lookUp('default', tick)).toMatchObject({ kind: 'found', version: '1' });
  clock.advance(50_000);
  expect(await lookUp('default', tick)).toMatchObject({ version: '1' });
  expect(await lookUp('default', aTick({ beganMs: clock() }))).toMatchObject({ version: '2' });
  expect(stored.reads).toBe(2);
});

test('a mended account is noticed in the next tick, or after half a minute in the same', async () => {
  const { clock, stored, lookUp } = setUp(null);
  const tick = aTick({ beganMs: clock() });
  expect(await lookUp('default', tick)).toMatchObject({ kind: 'absent' });
  stored.value = GOOD;
  clock.advance(1);
  expect(await lookUp('default', tick)).toMatchObject({ kind: 'absent' });
  expect(await lookUp('default', aTick({ beganMs: clock() }))).toMatchObject({ kind: 'found' });
  stored.value = '{';
  clock.advance(300_000);
  expect(await lookUp('default', tick)).toMatchObject({ kind: 'malformed' });
  stored.value = GOOD;
  clock.advance(30_000);
  expect(await lookUp('default', tick)).toMatchObject({ kind: 'found' });
});
