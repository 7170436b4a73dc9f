import { type Place, parsePlace } from './place.ts';
import { startSession } from './session.ts';
import { makeStore, useStore } from './store.ts';

const place = makeStore(parsePlace(''));

/** Entries of the history are numbered by each page that is loaded: what another one remembered is not here. */
const SERIES = Date.now();
let visits = 0;

/** The number of this entry of the history; a new entry gets the next one. */
function visitOf(state: unknown): Pick<Place, 'visit' | 'isReturn'> {
  if (typeof state === 'object' && state !== null && 'visit' in state && 'series' in state) {
    const { series, visit } = state;
    if (series === SERIES && typeof visit === 'number') return { visit, isReturn: true };
  }
  visits += 1;
  history.replaceState({ series: SERIES, visit: visits }, '');
  return { visit: visits, isReturn: false };
}

/** Begins to follow the URL. A token that somebody puts there later is taken out as the first one was. */
export function startRouter(): void {
  const follow = () => {
    startSession();
    place.set({ ...parsePlace(location.hash), ...visitOf(history.state) });
  };
  follow();
  addEventListener('hashchange', follow);
}

export function usePlace(): Place {
  return useStore(place);
}

/** Goes on without leaving the old place in the history: for filters that are typed. */
export function replacePlace(href: string): void {
  history.replaceState(history.state, '', href);
  place.set({ ...parsePlace(location.hash), visit: place.get().visit, isReturn: false });
}

export function goTo(href: string): void {
  location.hash = href;
}
