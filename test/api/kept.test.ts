import { expect, test } from 'vitest';
import { keptFor } from '../../lib/api/kept.ts';
import { fakeClock } from '../fakes/clock.ts';

/** Numbers what is made; each is finished by hand. */
function aWorld(keptMs: (made: string) => number = () => 1000) {
  const clock = fakeClock();
  const begun: PromiseWithResolvers<string>[] = [];
  const ask = keptFor(keptMs, clock, () => {
    const one = Promise.withResolvers<string>();
    begun.push(one);
    return one.promise;
  });
  return { clock, begun, ask };
}

test('is made once for all who ask while it is made, and from then on for as long as it is kept', async () => {
  const { clock, begun, ask } = aWorld();
  const [first, second] = [ask(), ask()];
  clock.advance(5000);
  begun[0]?.resolve('a');
  expect([await first, await second, begun.length]).toEqual(['a', 'a', 1]);
  clock.advance(999);
  expect([await ask(), begun.length]).toEqual(['a', 1]);
  clock.advance(1);
  void ask();
  expect(begun).toHaveLength(2);
});

test('is kept for as long as what was made says', async () => {
  const { clock, begun, ask } = aWorld((made) => (made === 'short' ? 10 : 1000));
  const first = ask();
  begun[0]?.resolve('short');
  await first;
  clock.advance(10);
  void ask();
  expect(begun).toHaveLength(2);
});

test('that failed is made anew by the next who asks, and all who waited hear of it', async () => {
  const { begun, ask } = aWorld();
  const waiting = [ask(), ask()];
  begun[0]?.reject(new Error('busy'));
  const heard = await Promise.allSettled(waiting);
  expect(heard.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = ask();
  begun[1]?.resolve('b');
  expect(await next).toBe('b');
});

test('that never comes is given up after half a minute, and changes nothing if it comes after all', async () => {
  const { clock, begun, ask } = aWorld();
  const first = ask();
  clock.advance(30_000);
  const second = ask();
  begun[1]?.resolve('b');
  await second;
  clock.advance(999);
  begun[0]?.resolve('a');
  expect([await first, await ask()]).toEqual(['a', 'b']);
  clock.advance(1);
  void ask();
  expect(begun).toHaveLength(3);
});
