import { useEffect, useRef } from 'preact/hooks';
import { keepSignedIn, session, signOut } from '../data/session.ts';
import { useStore } from '../data/store.ts';
import { setZone, useZone } from '../data/zone.ts';
import { useClosing } from './filter-fields.tsx';
import { Keys } from './keys.tsx';

/** What concerns the reader and not jobwatch: the zone of times, keys, the token. */
export function Menu() {
  const details = useRef<HTMLDetailsElement>(null);
  const keys = useRef<HTMLDialogElement>(null);
  const zone = useZone();
  const { isKept } = useStore(session);
  useClosing(details);
  useQuestionMark(keys);
  return (
    <>
      <details class="menu at-end" ref={details}>
        <summary>View</summary>
        <div class="menu-body">
          <label class="choice">
            <input type="radio" name="zone" checked={zone === 'utc'} onChange={() => setZone('utc')} />
            Times in UTC
          </label>
          <label class="choice">
            <input type="radio" name="zone" checked={zone === 'local'} onChange={() => setZone('local')} />
            Times of this browser
          </label>
          <label class="choice">
            <input type="checkbox" checked={isKept} onChange={(event) => keepSignedIn(event.currentTarget.checked)} />
            Stay signed in on this device for 8 h
          </label>
          <button type="button" class="plain" onClick={() => keys.current?.showModal()}>
            Keys
          </button>
          <button type="button" class="plain" onClick={() => signOut()}>
            Sign out
          </button>
        </div>
      </details>
      <Keys dialog={keys} />
    </>
  );
}

/** `?` opens the list of keys. */
function useQuestionMark(dialog: { readonly current: HTMLDialogElement | null }): void {
  useEffect(() => {
    const onKey = ({ key, target }: KeyboardEvent) => {
      const isTyping = target instanceof Element && target.matches('input, select, textarea');
      if (key === '?' && !isTyping && dialog.current?.open === false) dialog.current.showModal();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
