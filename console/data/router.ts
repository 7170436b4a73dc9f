import { type Place, parsePlace } from './place.ts';
import { startSession } from './session.ts';
import { makeStore, useStore } from './store.ts';

const place = makeStore(parsePlace(''));

/** Begins to follow the URL. A token that somebody puts there later is taken out as the first one was. */
export function startRouter(): void {
  const follow = () => {
    startSession();
    place.set(parsePlace(location.hash));
  };
  follow();
  addEventListener('hashchange', follow);
}

export function usePlace(): Place {
  return useStore(place);
}

/** Goes on without leaving the old place in the history: for filters that are typed. */
export function replacePlace(href: string): void {
  history.replaceState(null, '', href);
  place.set(parsePlace(location.hash));
}

export function goTo(href: string): void {
  location.hash = href;
}
