import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Job } from '../../client/responses.ts';
import { useMedia } from '../data/width.ts';
import { JobRow } from './row.tsx';
import { stretchInSight } from './rows.ts';

const ROW_PX = 36;
const NARROW_ROW_PX = 76;
const NARROW = '(max-width: 55rem)';
const COLUMNS = ['Phase', 'Job', 'Labels', 'Submitted', 'Elapsed', 'api, operation', 'Account, region', 'Why'];
/** Rows before the end at which older ones are loaded. */
const AHEAD = 20;
const FIRST_HEIGHT_PX = 800;

interface JobsTableProps {
  readonly rows: readonly Job[];
  /** Names the table: under the same name it is shown again at the place where it was left. */
  readonly name: string;
  /** The filters, for links that add one. */
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** Called with the rows that are drawn. */
  readonly onSight?: (rows: readonly Job[]) => void;
  /** The last rows are in sight. */
  readonly onEnd?: () => void;
}

interface Spot {
  readonly scrollTop: number;
  /** The row that was chosen last. */
  readonly active: number;
}

const spots = new Map<string, Spot>();
const SPOTS_MAX = 20;

function keepSpot(name: string, spot: Spot): void {
  spots.delete(name);
  spots.set(name, spot);
  const [oldest] = spots.keys();
  if (spots.size > SPOTS_MAX && oldest !== undefined) spots.delete(oldest);
}

/**
 * Draws the rows in sight and no others, however many there are. Arrow keys go from row to row; the row's link opens
 * the job.
 */
export function JobsTable({ rows, name, query, onSight, onEnd }: JobsTableProps) {
  const [spot] = useState(() => spots.get(name));
  const [active, setActive] = useState(spot?.active ?? 0);
  /** The row that is to have the focus; null: none is waited for. */
  const wanted = useRef(spot?.active ?? null);
  const pressed = useRef<(event: KeyboardEvent) => void>(() => undefined);
  const { scroller, view } = useScroller(pressed, spot?.scrollTop ?? 0);
  const isNarrow = useMedia(NARROW);
  const rowHeight = isNarrow ? NARROW_ROW_PX : ROW_PX;
  const { first, end } = stretchInSight(rows.length, { ...view, rowHeight });
  const focused = Math.min(active, rows.length - 1);

  // At once: a click on the row leaves the page.
  useLayoutEffect(() => {
    keepSpot(name, { scrollTop: view.scrollTop, active: focused });
  });
  useEffect(() => {
    onSight?.(rows.slice(first, end));
    if (end > rows.length - AHEAD) onEnd?.();
  }, [rows, first, end]);
  useEffect(() => {
    if (wanted.current === null) return;
    // The row is drawn a moment after the scrolling: until then the wish stands.
    const link = scroller.current?.querySelector<HTMLElement>(`[data-row="${wanted.current}"] a`) ?? null;
    if (link === null) return;
    wanted.current = null;
    link.focus({ preventScroll: true });
  });

  pressed.current = (event) => {
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    // A key may come before the last one's row is drawn.
    const to = target(event.key, wanted.current ?? focused, page, rows.length);
    if (to === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    wanted.current = to;
    setActive(to);
    intoSight(scroller.current, to * rowHeight, rowHeight);
  };

  return (
    <div class={isNarrow ? 'jobs narrow' : 'jobs'} role="table" aria-label="Jobs" aria-rowcount={rows.length + 1}>
      <div class="jobs-scroll" ref={scroller} role="presentation">
        <Head />
        <div role="rowgroup" class="jobs-body" style={{ height: `${rows.length * rowHeight}px` }}>
          {rows.slice(first, end).map((job, offset) => (
            <JobRow
              key={job.id}
              job={job}
              query={query}
              index={first + offset}
              top={(first + offset) * rowHeight}
              isStop={first + offset === clamp(focused, first, end)}
              onFocus={() => setActive(first + offset)}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function Head() {
  return (
    <div role="rowgroup" class="jobs-head">
      <div role="row" class="job-row" aria-rowindex={1}>
        {COLUMNS.map((name) => (
          <div role="columnheader" key={name}>
            {name}
          </div>
        ))}
      </div>
    </div>
  );
}

/** The element that scrolls, what of it is in sight, and its keys: `pressed` may change with every drawing. */
function useScroller(pressed: { readonly current: (event: KeyboardEvent) => void }, firstTop: number) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrollTop: firstTop, height: FIRST_HEIGHT_PX });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollTop = firstTop;
    const take = () => setView({ scrollTop: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(take);
    observer.observe(element);
    const keys = (event: KeyboardEvent) => pressed.current(event);
    element.addEventListener('scroll', take, { passive: true });
    element.addEventListener('keydown', keys);
    return () => {
      element.removeEventListener('keydown', keys);
      observer.disconnect();
      element.removeEventListener('scroll', take);
    };
  }, []);
  return { scroller, view };
}

/** Where Tab enters the table: the row last chosen, or the first that is drawn. */
function clamp(row: number, first: number, end: number): number {
  return row >= first && row < end ? row : first;
}

function target(key: string, from: number, page: number, count: number): number | null {
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: from + 1,
    ArrowUp: from - 1,
    j: from + 1,
    k: from - 1,
    PageDown: from + page,
    PageUp: from - page,
    Home: 0,
    End: count - 1,
  };
  const to = moves[key];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
}

function intoSight(scroller: HTMLElement | null, top: number, rowHeight: number): void {
  if (scroller === null) return;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + rowHeight > scroller.scrollTop + scroller.clientHeight)
    scroller.scrollTop = top + rowHeight - scroller.clientHeight;
}
