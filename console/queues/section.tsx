import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { count } from '../data/format.ts';
import { hrefOf } from '../data/place.ts';

/** The parts of the page that other pages link to. */
export type Part = 'denied' | 'rejected' | 'dead';

export function partHref(part: Part): string {
  return hrefOf(['queues'], { show: part });
}

interface SectionProps {
  readonly part: Part;
  readonly title: string;
  /** null: not known. */
  readonly total: number | null;
  /** The link that led here meant this part. */
  readonly isMeant: boolean;
  readonly children: ComponentChildren;
}

/** A part of the page with its count; one that a link means comes into sight and has the focus. */
export function Section({ part, title, total, isMeant, children }: SectionProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isMeant) return;
    // After the page's own heading has had the focus.
    const timer = setTimeout(() => {
      heading.current?.scrollIntoView();
      heading.current?.focus({ preventScroll: true });
    }, 0);
    return () => clearTimeout(timer);
  }, [isMeant]);
  return (
    <section class="part" aria-labelledby={`${part}-title`}>
      <h2 id={`${part}-title`} ref={heading} tabIndex={-1}>
        {title}{' '}
        <span class={total !== null && total > 0 ? 'total bad' : 'total'}>{total === null ? '–' : count(total)}</span>
      </h2>
      {children}
    </section>
  );
}
