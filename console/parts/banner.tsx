import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { health } from '../../client/responses.ts';
import { connection } from '../data/connection.ts';
import { useNow } from '../data/now.ts';
import { read } from '../data/requests.ts';
import { useStore } from '../data/store.ts';
import { useTimeOfDay } from '../data/zone.ts';

const FIRST_MS = 2000;
const LONGEST_MS = 30_000;

/** One line for the whole page while jobwatch can't be reached; every part reads anew when it can. */
export function Banner() {
  const { lostSinceMs } = useStore(connection);
  return lostSinceMs === null ? null : <Lost sinceMs={lostSinceMs} />;
}

function Lost({ sinceMs }: { readonly sinceMs: number }) {
  const nowMs = useNow();
  const timeOfDay = useTimeOfDay();
  const waitMs = useRef(FIRST_MS);
  const [nextMs, setNextMs] = useState(() => Date.now() + FIRST_MS);
  const [isTrying, setTrying] = useState(false);
  const retry = useCallback(async () => {
    setTrying(true);
    await read(health, '/health');
    setTrying(false);
    waitMs.current = Math.min(waitMs.current * 2, LONGEST_MS);
    setNextMs(Date.now() + waitMs.current);
  }, []);
  useEffect(() => {
    if (!isTrying && nowMs >= nextMs) void retry();
  }, [nowMs]);
  const since = timeOfDay(new Date(sinceMs).toISOString());
  return (
    <div class="banner" role="alert">
      <strong>No connection since {since}.</strong> What you see is from then.{' '}
      <span class="num" aria-hidden="true">
        {isTrying ? 'Trying …' : `Next try in ${Math.max(0, Math.ceil((nextMs - nowMs) / 1000))} s`}
      </span>{' '}
      <button type="button" class="plain" disabled={isTrying} onClick={() => void retry()}>
        Try now
      </button>
    </div>
  );
}
