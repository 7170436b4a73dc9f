import { useCallback, useState } from 'preact/hooks';
import { deliveries, type Subscription } from '../../client/responses.ts';
import { useRefresh } from '../data/fetched.ts';
import { read } from '../data/requests.ts';
import { type Outcome, outcomesOf, type Success, successOf } from './outcomes.ts';

const EVERY_MS = 15_000;
const LIMIT = 50;
/** Each subscription costs a request: of more than these, the rest is left out and said to be. */
export const ENDPOINTS_MAX = 25;

export interface EndpointFacts {
  readonly success: Success;
  readonly outcomes: readonly Outcome[];
}

/** What the newest deliveries of each subscription say about its endpoint. */
export function useEndpoints(subscriptions: readonly Subscription[]): ReadonlyMap<string, EndpointFacts> {
  const [facts, setFacts] = useState<ReadonlyMap<string, EndpointFacts>>(new Map());
  const ids = subscriptions
    .slice(0, ENDPOINTS_MAX)
    .map(({ id }) => id)
    .join(' ');
  const refresh = useCallback(
    async (signal: AbortSignal) => {
      const found = new Map<string, EndpointFacts>();
      let good = true;
      for (const id of ids.split(' ').filter((one) => one !== '')) {
        const page = await read(deliveries, `/subscriptions/${id}/deliveries?limit=${LIMIT}`, signal);
        if (signal.aborted) return true;
        if (page.ok)
          found.set(id, { success: successOf(page.value, Date.now()), outcomes: outcomesOf(page.value.deliveries) });
        good &&= page.ok;
      }
      setFacts(found);
      return good;
    },
    [ids],
  );
  useRefresh(refresh, EVERY_MS, ids !== '');
  return facts;
}
