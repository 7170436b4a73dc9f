import type { Health } from '../../client/responses.ts';

/** Messages that lie in a queue, those that somebody is looking at too: a look is no fix. null: not known. */
export function totalOf({ queues }: Pick<Health, 'queues'>, name: string): number | null {
  const depth = queues?.[name];
  return depth === undefined ? null : depth.visible + depth.inFlight + depth.delayed;
}
