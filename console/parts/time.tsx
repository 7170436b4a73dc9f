import { duration, relative } from '../data/format.ts';
import { useNow } from '../data/now.ts';
import { useAbsolute, useTimeOfDay } from '../data/zone.ts';

/** A time as people think of it, with the exact one at hand. */
export function When({ at, absent = '–' }: { readonly at: string | null | undefined; readonly absent?: string }) {
  const nowMs = useNow();
  const absolute = useAbsolute();
  if (at === null || at === undefined) return <span class="dim">{absent}</span>;
  return (
    <time dateTime={at} title={absolute(at)}>
      {relative(Date.parse(at), nowMs)}
    </time>
  );
}

/** Both at once, where there is room and somebody compares with a log. */
export function Moment({ at, absent = '–' }: { readonly at: string | null | undefined; readonly absent?: string }) {
  const absolute = useAbsolute();
  if (at === null || at === undefined) return <span class="dim">{absent}</span>;
  return (
    <>
      <time dateTime={at} class="exact">
        {absolute(at)}
      </time>{' '}
      <span class="dim">
        <When at={at} />
      </span>
    </>
  );
}

export function ClockTime({ at }: { readonly at: string }) {
  const absolute = useAbsolute();
  const timeOfDay = useTimeOfDay();
  return (
    <time dateTime={at} title={absolute(at)} class="num">
      {timeOfDay(at)}
    </time>
  );
}

/** How long it has lasted, or lasted until its end. */
export function Elapsed({ from, to }: { readonly from: string; readonly to: string | null }) {
  const nowMs = useNow();
  return <span class="num">{duration((to === null ? nowMs : Date.parse(to)) - Date.parse(from))}</span>;
}

/** A time that is to come; once it has, it is due. */
export function Due({ at }: { readonly at: string }) {
  const absolute = useAbsolute();
  const nowMs = useNow();
  return Date.parse(at) <= nowMs ? (
    <time dateTime={at} title={absolute(at)}>
      due
    </time>
  ) : (
    <When at={at} />
  );
}
