import type { World } from '../world.ts';
import type { Limit } from './bearer-gateway.ts';

/** What is remembered of the calls of each key, as long as the world is there. */
export function makeMemory<State>(fresh: (nowMs: number, max: number) => State) {
  const worlds = new WeakMap<World, Map<string, State>>();
  return (world: World, key: string, nowMs: number, max: number): State => {
    const keys = worlds.get(world) ?? new Map<string, State>();
    worlds.set(world, keys);
    const state = keys.get(key) ?? fresh(nowMs, max);
    keys.set(key, state);
    return state;
  };
}

/** A bucket of so many calls into which one comes back each second; `reset` is when it will be full. */
export function bucketLimit(callsMax: number): Limit {
  const memory = makeMemory((nowMs, max) => ({ left: max, atMs: nowMs }));
  return (world, key, nowMs) => {
    const max = world.options().bearerCallsMax ?? callsMax;
    const state = memory(world, key, nowMs, max);
    state.left = Math.min(max, state.left + Math.max(0, nowMs - state.atMs) / 1000);
    state.atMs = nowMs;
    const isLeft = state.left >= 1;
    if (isLeft) state.left -= 1;
    const resetMs = nowMs + (max - state.left) * 1000;
    return { isLeft, headers: headersOf(max, Math.floor(state.left), resetMs) };
  };
}

export function headersOf(limit: number, remaining: number, resetMs: number): Record<string, string> {
  return {
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(Math.ceil(resetMs / 1000)),
  };
}
