import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoEngine, DynamoOptions } from './dynamo-engine.ts';
import { freePort } from './free-port.ts';
import { type GuardedChild, startGuarded } from './guarded-child.ts';

const START_TRIES = 3;
const START_TIMEOUT_MS = 10_000;
const RESTART_PAUSE_FIRST_MS = 50;
const RESTART_PAUSE_MAX_MS = 10_000;

/**
 * The binary does not tell a port that it chose itself, so it is given a free one; somebody may take that in between,
 * hence the tries. With `onDied` it is started again on that port whenever it dies: at once, then after pauses that double.
 */
export async function startDynoxide(
  binary: string,
  { dataDir, onDied }: Pick<DynamoOptions, 'dataDir' | 'onDied'>,
): Promise<DynamoEngine> {
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  const place = dataDir === undefined ? [] : ['--db-path', join(dataDir, 'dynamodb.sqlite')];
  for (let attempt = 1; attempt <= START_TRIES; attempt += 1) {
    const port = await freePort();
    const start = () => startOn(port, binary, place);
    const child = await start();
    if (child !== null) return keepAlive({ child, start, port, onDied });
  }
  throw new Error(`${binary} did not start`);
}

/** Null if it did not begin to answer. */
async function startOn(port: number, binary: string, place: readonly string[]): Promise<GuardedChild | null> {
  const child = await startGuarded(binary, ['--host', '127.0.0.1', '--port', String(port), ...place]);
  let isGone = false;
  void child.gone.then(() => {
    isGone = true;
  });
  if (await answers(port, () => isGone)) return child;
  await child.close();
  return null;
}

interface Kept {
  readonly child: GuardedChild;
  readonly start: () => Promise<GuardedChild | null>;
  readonly port: number;
  readonly onDied: DynamoOptions['onDied'];
}

function keepAlive({ child, start, port, onDied }: Kept): DynamoEngine {
  const closing = new AbortController();
  let present = child;
  const guard = async (): Promise<void> => {
    for (let starts = 1; ; starts += 1) {
      await present.gone;
      if (closing.signal.aborted) return;
      onDied?.(starts);
      await begin();
    }
  };
  const begin = async (): Promise<void> => {
    for (let pauseMs = RESTART_PAUSE_FIRST_MS; !closing.signal.aborted; pauseMs *= 2) {
      const next = await start().catch(() => null);
      if (next !== null) {
        present = next;
        // Whoever closes it waits for this.
        if (closing.signal.aborted) await next.close();
        return;
      }
      const waitMs = Math.min(pauseMs, RESTART_PAUSE_MAX_MS);
      await sleep(waitMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  const guarding = onDied ? guard() : Promise.resolve();
  return {
    kind: 'dynoxide',
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return present.pid;
    },
    async close() {
      closing.abort();
      await present.close();
      // One may be starting.
      await guarding;
    },
  };
}

async function answers(port: number, isGone: () => boolean): Promise<boolean> {
  const until = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < until && !isGone()) {
    if (await connects(port)) return !isGone();
    await sleep(2);
  }
  return false;
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
