import type { Log } from '../../lib/base/log.ts';
import { OutboxError } from '../../lib/deliver/outbox.ts';
import { breakable, Crash, type FaultMode } from '../fakes/faults.ts';
import type { Stores } from './stores.ts';

class Throttled extends Error {
  override readonly name = 'Throttled';
}

/**
 * Processes of one schedule. Each effect waits for its turn, may be slow, throttled, or the last that its process does.
 */
export function makeLives(stores: Stores, isTraced: boolean) {
  const { chaos, clock, random, turns, during, startMs } = stores;
  const lines: string[] = [];
  const surprises: string[] = [];

  function note(who: string, what: string): void {
    if (isTraced) lines.push(`${((clock() - startMs) / 1000).toFixed(1).padStart(8)} s  ${who.padEnd(10)} ${what}`);
  }

  /** Seconds mostly, at times longer than a lease. */
  function lateMs(): number {
    if (!during(chaos.slow)) return 0;
    return random() < 0.25 ? 100_000 + random() * 300_000 : random() * 20_000;
  }

  function fault(what: string): FaultMode | null {
    const isEnd = what === 'deliveries.put' && during(chaos.crashAtEnd);
    if (!isEnd && !during(chaos.crash)) return null;
    return (['before', 'after', 'lost'] as const)[Math.floor(random() * 3)] ?? null;
  }

  function startLife(name: string) {
    const plan = (what: string) => {
      const mode = fault(what);
      if (mode !== null) note(name, `${what}: ${mode === 'lost' ? 'the reply will be lost' : `dies ${mode} it`}`);
      return mode;
    };
    const { effect: broken, isDead } = breakable(plan);

    function effect<Args extends unknown[], Result>(what: string, work: (...args: Args) => Promise<Result>) {
      return broken(what, async (...args: Args): Promise<Result> => {
        await turns.turn();
        const lag = lateMs();
        const isBefore = random() < 0.5;
        if (lag > 0 && isBefore) await turns.sleep(lag);
        if (during(chaos.throttle)) {
          note(name, `${what}: throttled`);
          throw new Throttled(what);
        }
        const result = await work(...args);
        if (isTraced) note(name, `${what}(${brief(args)}) → ${brief(result)}`);
        if (lag > 0 && !isBefore) await turns.sleep(lag);
        return result;
      });
    }

    /** Every function of a store. */
    function ports<Store extends object>(store: string, functions: Store): Store {
      const wrapped = Object.entries(functions).map(([key, work]) => [key, effect(`${store}.${key}`, work)]);
      return Object.fromEntries(wrapped) as Store;
    }

    note(name, 'starts');
    return { effect, ports, isDead };
  }

  /** A process that dies or that a store or a queue throttles is part of the play; any other exception is not. */
  function forgive(error: unknown): null {
    if (!(error instanceof Crash || error instanceof Throttled || error instanceof OutboxError)) unexpected(error);
    return null;
  }

  function unexpected(error: unknown): void {
    surprises.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (isTraced) lines.push(`!! ${surprises.at(-1)}`);
  }

  function log(name: string): Log {
    const write = (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (isTraced) note(name, `${message} ${brief(fields)}`);
      const isFault = message.endsWith('.fault') || message === 'job.unwritable';
      if (isFault && !/Crash|Throttled|OutboxError/.test(String(fields['error']))) {
        surprises.push(`${message} ${String(fields['error'])}`);
      }
    };
    return { info: write, warn: write, error: write };
  }

  /** Lambda's clocks agree within seconds. */
  function wallClock(): () => number {
    const offMs = Math.round((random() - 0.5) * 2 * chaos.skewMs);
    return () => clock() + offMs;
  }

  return { startLife, log, note, forgive, unexpected, wallClock, lines, surprises };
}

export type Life = ReturnType<ReturnType<typeof makeLives>['startLife']>;

/** A record's essence, a message's id, else the beginning of the JSON. */
function brief(value: unknown): string {
  if (Array.isArray(value)) return value.map(brief).join(', ');
  if (typeof value !== 'object' || value === null) return String(JSON.stringify(value)).slice(0, 80);
  if ('notifiedSeq' in value && 'phase' in value && 'id' in value && 'version' in value && 'seq' in value) {
    const { id, phase, version, seq, notifiedSeq } = value;
    const { owner, nextPollAt } = value as { owner?: unknown; nextPollAt?: unknown };
    return (
      `[${String(id).slice(0, 8)} v${version} ${phase} ${notifiedSeq}/${seq} ` +
      `${owner} next ${String(nextPollAt).slice(11, 19)}]`
    );
  }
  if ('messageId' in value) return String(value.messageId);
  return JSON.stringify(value).slice(0, 160);
}
