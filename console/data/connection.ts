import { makeStore } from './store.ts';

export interface Connection {
  /** When the latest answer came, in milliseconds; null: the latest request was answered. */
  readonly lostSinceMs: number | null;
}

/** Whether jobwatch can be reached at all, as the requests of all parts of the page find it. */
export const connection = makeStore<Connection>({ lostSinceMs: null });

let latestMs = Date.now();

export function noteAnswer(): void {
  latestMs = Date.now();
  if (connection.get().lostSinceMs !== null) connection.set({ lostSinceMs: null });
}

export function noteSilence(): void {
  if (connection.get().lostSinceMs === null) connection.set({ lostSinceMs: latestMs });
}
