import { useEffect, useRef, useState } from 'preact/hooks';
import { pairOf } from '../../client/input.ts';
import { OPEN_PHASES } from '../../client/job.ts';
import { spanText } from '../data/format.ts';
import { BAD_PHASES, PHASES, phaseWord } from '../data/phases.ts';
import { hrefOf } from '../data/place.ts';
import { replacePlace } from '../data/router.ts';
import { useAbsolute } from '../data/zone.ts';
import { Choice, Several, Text } from '../parts/filter-fields.tsx';
import { PhaseMark } from '../parts/phase.tsx';
import { type Filters, isFiltered, placeQuery } from './filters.ts';
import { SavedViews } from './saved-views.tsx';

const SINCE = [
  ['1', 'the last hour'],
  ['24', 'the last 24 hours'],
  ['168', 'the last 7 days'],
] as const;
const HOUR_MS = 3_600_000;

/** The filters are the URL: a link to the page is a link to what is seen. `/` goes to the first text field. */
export function FilterBar({ filters }: { readonly filters: Filters }) {
  const set = (change: Partial<Filters>) => replacePlace(hrefOf(['jobs'], placeQuery({ ...filters, ...change })));
  const first = useRef<HTMLElement>(null);
  useSlash(first);
  return (
    <search class="filters" aria-label="Filter the jobs" ref={first}>
      <Several
        name="Phase"
        values={filters.phases}
        text={phasesText(filters.phases)}
        options={PHASES.map((phase) => [phase, <PhaseMark key={phase} phase={phase} />])}
        onChange={(phases) => set({ phases: PHASES.filter((phase) => phases.includes(phase)) })}
      />
      <Choice
        name="api"
        value={filters.api}
        onChange={(api) => set({ api })}
        options={APIS.map(({ api }) => [api, api])}
      />
      <Text name="Id begins with" hint="vendor’s or job_…" value={filters.id} onChange={(id) => set({ id })} isWide />
      <LabelField onAdd={(label) => set({ labels: [...filters.labels.filter((one) => one !== label), label] })} />
      <Text name="Account" value={filters.account} onChange={(account) => set({ account })} />
      <Text name="Region" value={filters.region} onChange={(region) => set({ region })} />
      <Text name="Operation" value={filters.operation} onChange={(operation) => set({ operation })} />
      <Since value={filters.since} onChange={(since) => set({ since })} />
      <div class="presets">
        <button type="button" onClick={() => set({ phases: OPEN_PHASES, since: '' })}>
          Open
        </button>
        <button type="button" onClick={() => set({ phases: [...BAD_PHASES], since: ago(24) })}>
          Failed recently
        </button>
        <SavedViews filters={filters} onOpen={set} />
        {filters.labels.map((label) => (
          <button
            key={label}
            type="button"
            class="tag"
            aria-label={`Remove the filter ${label}`}
            onClick={() => set({ labels: filters.labels.filter((one) => one !== label) })}
          >
            {label} <span aria-hidden="true">×</span>
          </button>
        ))}
        <EndedTag filters={filters} onRemove={() => set({ endedSince: '', endedUntil: '' })} />
        {isFiltered(filters) ? (
          <a class="button quiet" href="#/jobs">
            Clear
          </a>
        ) : null}
      </div>
    </search>
  );
}

/** From a chart: it can be removed here, and is chosen there. */
function EndedTag({
  filters: { endedSince, endedUntil },
  onRemove,
}: {
  readonly filters: Filters;
  readonly onRemove: () => void;
}) {
  const absolute = useAbsolute();
  if (endedSince === '' && endedUntil === '') return null;
  const times = [endedSince, endedUntil].map((time) => (time === '' ? '' : absolute(time)));
  const text = `ended ${spanText(times[0] ?? '', times[1] ?? '')}`;
  return (
    <button type="button" class="tag" aria-label={`Remove the filter ${text}`} onClick={onRemove}>
      {text} <span aria-hidden="true">×</span>
    </button>
  );
}

function useSlash(bar: { readonly current: HTMLElement | null }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || isTyping(event.target)) return;
      event.preventDefault();
      bar.current?.querySelector<HTMLElement>('input[type="search"]')?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

function phasesText(phases: readonly string[]): string {
  if (phases.length === 0) return 'any';
  if (phases.length === OPEN_PHASES.length && OPEN_PHASES.every((phase) => phases.includes(phase))) return 'open';
  return phases.map(phaseWord).join(', ');
}

function ago(hours: number): string {
  return new Date(Date.now() - hours * HOUR_MS).toISOString();
}

/** A label becomes a filter on Enter, or when the field is left; half of one says what is missing. */
function LabelField({ onAdd }: { readonly onAdd: (label: string) => void }) {
  const [text, setText] = useState('');
  const [isOdd, setOdd] = useState(false);
  const take = () => {
    const label = text.trim();
    const isPair = pairOf(label) !== null;
    setOdd(label !== '' && !isPair);
    if (!isPair) return;
    setText('');
    onAdd(label);
  };
  return (
    <label class="filter">
      <span>Label</span>
      <input
        type="search"
        value={text}
        placeholder="key=value"
        spellcheck={false}
        aria-invalid={isOdd}
        aria-describedby={isOdd ? 'label-hint' : undefined}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setOdd(false);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take();
        }}
        onBlur={take}
      />
      {isOdd ? (
        <span class="field-problem" id="label-hint" role="alert">
          expected key=value
        </span>
      ) : null}
    </label>
  );
}

interface SinceProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A span is turned into a time at once: the link shows tomorrow what it shows now. */
function Since({ value, onChange }: SinceProps) {
  const absolute = useAbsolute();
  const choose = (hours: string) => onChange(hours === '' || hours === value ? hours : ago(Number(hours)));
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
