import { useRef, useState } from 'preact/hooks';
import { useStore } from '../data/store.ts';
import { useClosing } from '../parts/filter-fields.tsx';
import { type Filters, isFiltered } from './filters.ts';
import { filtersIn, keepViews, NAME_MAX, savedViews, VIEWS_MAX, type View, viewOf, withView } from './views.ts';

interface SavedViewsProps {
  readonly filters: Filters;
  readonly onOpen: (filters: Filters) => void;
}

/** Filters that are needed again and again, by name. */
export function SavedViews({ filters, onOpen }: SavedViewsProps) {
  const views = useStore(savedViews());
  const details = useRef<HTMLDetailsElement>(null);
  useClosing(details);
  const open = (view: View) => {
    if (details.current !== null) details.current.open = false;
    onOpen(filtersIn(view, Date.now()));
  };
  return (
    <details class="menu small" ref={details}>
      <summary>Saved filters</summary>
      <div class="menu-body">
        {views.length === 0 ? <p class="dim">None are saved in this browser.</p> : null}
        {views.map((view) => (
          <div class="line" key={view.name}>
            <button type="button" class="plain cut" onClick={() => open(view)}>
              {view.name}
            </button>
            <button
              type="button"
              class="plain end"
              aria-label={`Delete the filters ${view.name}`}
              onClick={() => keepViews(views.filter(({ name }) => name !== view.name))}
            >
              ×
            </button>
          </div>
        ))}
        {isFiltered(filters) ? (
          <SaveView views={views} filters={filters} />
        ) : (
          <p class="dim">Set some to save them under a name.</p>
        )}
      </div>
    </details>
  );
}

function SaveView({ views, filters }: { readonly views: readonly View[]; readonly filters: Filters }) {
  const [name, setName] = useState('');
  const [isFull, setFull] = useState(false);
  const save = (event: Event) => {
    event.preventDefault();
    if (name.trim() === '') return;
    const next = withView(views, viewOf(name, filters, Date.now()));
    setFull(next === null);
    if (next === null) return;
    keepViews(next);
    setName('');
  };
  return (
    <form class="save-view" onSubmit={save}>
      <label class="filter">
        <span>Save these filters as</span>
        <input
          type="text"
          value={name}
          maxLength={NAME_MAX}
          autocomplete="off"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={name.trim() === ''}>
        Save
      </button>
      {isFull ? (
        <p class="field-problem" role="alert">
          {VIEWS_MAX} are kept: delete one first.
        </p>
      ) : null}
    </form>
  );
}
