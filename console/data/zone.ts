import { useCallback } from 'preact/hooks';
import { timeOfDay } from '../../client/job.ts';
import { absolute, localTime } from './format.ts';
import { makeStore, useStore } from './store.ts';

export type Zone = 'utc' | 'local';

const KEY = 'jobwatch-zone';

/** UTC, as logs and the API have it, unless this browser chose its own time. */
const zone = makeStore<Zone>(localStorage.getItem(KEY) === 'local' ? 'local' : 'utc');

export function useZone(): Zone {
  return useStore(zone);
}

export function setZone(next: Zone): void {
  if (next === 'local') localStorage.setItem(KEY, next);
  else localStorage.removeItem(KEY);
  zone.set(next);
}

/** Writes a time out, in the zone that was chosen. */
export function useAbsolute(): (iso: string) => string {
  const chosen = useZone();
  return useCallback((iso) => (chosen === 'utc' ? absolute(iso) : localTime(iso)), [chosen]);
}

/** The time of day, in the zone that was chosen. */
export function useTimeOfDay(): (iso: string) => string {
  const chosen = useZone();
  return useCallback((iso) => (chosen === 'utc' ? timeOfDay(iso) : localTime(iso).slice(11, 19)), [chosen]);
}
