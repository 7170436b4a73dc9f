import { makeStore, useStore } from './store.ts';

/** One clock for all times on the page; it stands still in a tab that nobody sees. */
const clock = makeStore(Date.now());
setInterval(() => {
  if (!document.hidden) clock.set(Date.now());
}, 1000);
document.addEventListener('visibilitychange', () => clock.set(Date.now()));

/** Now, in milliseconds, drawn anew every second. */
export function useNow(): number {
  return useStore(clock);
}
