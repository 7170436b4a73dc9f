import { useEffect, useRef } from 'preact/hooks';
import { absolute } from '../data/format.ts';
import { PHASES, phaseWord } from '../data/phases.ts';
import { hrefOf } from '../data/place.ts';
import { replacePlace } from '../data/router.ts';
import { type Filters, isFiltered, placeQuery } from './filters.ts';

const SINCE = [
  ['1', 'the last hour'],
  ['24', 'the last 24 hours'],
  ['168', 'the last 7 days'],
] as const;
const TYPING_MS = 350;

/** The filters are the URL: a link to the page is a link to what is seen. `/` goes to the first text field. */
export function FilterBar({ filters }: { readonly filters: Filters }) {
  const set = (change: Partial<Filters>) => replacePlace(hrefOf(['jobs'], placeQuery({ ...filters, ...change })));
  const first = useRef<HTMLElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || isTyping(event.target)) return;
      event.preventDefault();
      first.current?.querySelector('input')?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <search class="filters" aria-label="Filter the jobs" ref={first}>
      <Choice name="Phase" value={filters.phase} onChange={(phase) => set({ phase })}>
        {[['open', 'open'], ...PHASES.map((phase) => [phase, phaseWord(phase)])]}
      </Choice>
      <Choice name="api" value={filters.api} onChange={(api) => set({ api })}>
        {APIS.map(({ api }) => [api, api])}
      </Choice>
      <Text name="Vendor’s job id" value={filters.jobId} onChange={(jobId) => set({ jobId })} isWide />
      <Text name="Account" value={filters.account} onChange={(account) => set({ account })} />
      <Text name="Label" hint="key=value" value={filters.label} onChange={(label) => set({ label })} />
      <Since value={filters.since} onChange={(since) => set({ since })} />
      {isFiltered(filters) ? (
        <a class="button quiet" href="#/jobs">
          Clear
        </a>
      ) : null}
    </search>
  );
}

interface FieldProps {
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Choice({
  name,
  value,
  onChange,
  children,
}: FieldProps & { readonly children: readonly (readonly string[])[] }) {
  return (
    <label class="filter">
      <span>{name}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">any</option>
        {children.map(([option = '', text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Filters once the typing has paused. */
function Text({
  name,
  value,
  onChange,
  hint = '',
  isWide = false,
}: FieldProps & { readonly hint?: string; readonly isWide?: boolean }) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const change = (text: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(text.trim()), TYPING_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <label class={isWide ? 'filter wide' : 'filter'}>
      <span>{name}</span>
      <input
        type="search"
        value={value}
        placeholder={hint}
        spellcheck={false}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  );
}

/** A span is turned into a time at once: the link shows tomorrow what it shows now. */
function Since({ value, onChange }: Omit<FieldProps, 'name'>) {
  const choose = (hours: string) =>
    onChange(hours === '' || hours === value ? hours : new Date(Date.now() - Number(hours) * 3_600_000).toISOString());
  return (
    <label class="filter">
      <span>Created</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">any time</option>
        {value === '' ? null : <option value={value}>since {absolute(value)}</option>}
        {SINCE.map(([hours, text]) => (
          <option key={hours} value={hours}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, select, textarea');
}
