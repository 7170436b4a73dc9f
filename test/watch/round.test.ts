import { expect, test } from 'vitest';
import { makeReceiveRound } from '../../lib/watch/round.ts';

/**
 * Goal: a tick that finds nothing takes a second of SQS's time, and one that works on waits for what comes next. Method:
 * a queue that tells how long it was to wait.
 */
test('the first poll of a tick is short, later ones are long, and none goes on beyond its end', async () => {
  const waits: number[] = [];
  let monoMs = 0;
  const unused = () => Promise.reject(new Error('not used here'));
  const pending = {
    async receive(_max: number, waitSeconds: number) {
      waits.push(waitSeconds);
      monoMs += waitSeconds * 1000;
      return [];
    },
    isEmpty: unused,
    delay: unused,
    remove: unused,
  };
  const ports = { pending, clock: () => monoMs, mono: () => monoMs, sleep: async () => undefined };
  const receiveRound = makeReceiveRound(ports, (_what, work) => work(), 9000);
  for (let round = 0; round < 4; round++) expect(await receiveRound()).toEqual([]);
  expect(waits).toEqual([1, 5, 3, 1]);
});
