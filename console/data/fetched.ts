import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type * as v from 'valibot';
import { connection } from './connection.ts';
import { type Failure, read, remembered } from './requests.ts';

export interface Fetched<T> {
  /** The latest good answer, also while it can't be renewed; null: none yet. */
  readonly data: T | null;
  /** Why the latest try gave none. */
  readonly failure: Failure | null;
  /** Fetches again at once. */
  readonly reload: () => void;
}

const BACKOFF_MAX_MS = 300_000;

/** How long to wait before the next refresh: longer and longer after failures and in a tab that nobody sees. */
export function nextRefreshMs(everyMs: number, inVain: number): number {
  return Math.min(everyMs * 2 ** Math.min(inVain, 10), Math.max(BACKOFF_MAX_MS, everyMs));
}

/**
 * Calls `refresh` now, then again and again; a tab that is shown again refreshes at once. `refresh` answers whether it
 * went well.
 */
export function useRefresh(
  refresh: (signal: AbortSignal) => Promise<boolean>,
  everyMs: number,
  isOn = true,
): () => void {
  const again = useRef<() => void>(() => undefined);
  useEffect(() => {
    if (!isOn) return;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let inVain = 0;
    let isRefreshing = false;
    async function turn(): Promise<void> {
      if (isRefreshing) return;
      clearTimeout(timer);
      isRefreshing = true;
      const good = await refresh(ending.signal);
      isRefreshing = false;
      if (ending.signal.aborted) return;
      inVain = good && !document.hidden ? 0 : inVain + 1;
      timer = setTimeout(() => void turn(), nextRefreshMs(everyMs, inVain));
    }
    const onShow = () => {
      if (!document.hidden) void turn();
    };
    again.current = () => void turn();
    document.addEventListener('visibilitychange', onShow);
    const unwatch = connection.watch(() => {
      if (connection.get().lostSinceMs === null && inVain > 0) void turn();
    });
    void turn();
    return () => {
      ending.abort();
      clearTimeout(timer);
      unwatch();
      document.removeEventListener('visibilitychange', onShow);
    };
  }, [refresh, everyMs, isOn]);
  return useCallback(() => again.current(), []);
}

/** Reads a path again and again. null: nothing is to be read yet. */
export function useFetched<T>(shape: v.GenericSchema<unknown, T>, path: string | null, everyMs: number): Fetched<T> {
  const [state, setState] = useState<{ path: string | null; data: T | null; failure: Failure | null }>({
    path,
    data: path === null ? null : remembered(shape, path),
    failure: null,
  });
  const refresh = useCallback(
    async (signal: AbortSignal) => {
      if (path === null) return true;
      const answer = await read(shape, path, signal);
      if (signal.aborted) return true;
      setState((before) => {
        const known = before.path === path ? before.data : null;
        if (!answer.ok) return { path, data: known, failure: answer.failure };
        const same = before.path === path && before.failure === null && before.data === answer.value;
        return same ? before : { path, data: answer.value, failure: null };
      });
      return answer.ok;
    },
    [shape, path],
  );
  const reload = useRefresh(refresh, everyMs, path !== null);
  if (state.path === path) return { data: state.data, failure: state.failure, reload };
  return { data: path === null ? null : remembered(shape, path), failure: null, reload };
}
