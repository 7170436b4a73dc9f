import type { RefObject } from 'preact';

const KEYS = [
  ['?', 'this list'],
  ['/', 'to the first text filter'],
  ['Tab', 'into the table, at one row'],
  ['↑ ↓ or k j', 'from row to row'],
  ['Page Up, Page Down, Home, End', 'farther'],
  ['Enter', 'opens the row'],
  ['Alt ←', 'back, to the same row'],
  ['Escape', 'closes menus and dialogs'],
] as const;

export function Keys({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog ref={dialog} aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        {KEYS.map(([key, about]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{about}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
