import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** The heading of a page. It takes the focus when the page is new, and again if what had it was replaced. */
export function Title({ isMono = false, isUnseen = false, children }: TitleProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1} class={isUnseen ? 'unseen' : isMono ? 'mono' : ''}>
      {children}
    </h1>
  );
}

interface TitleProps {
  /** It is an id or a URL. */
  readonly isMono?: boolean;
  /** For screen readers alone. */
  readonly isUnseen?: boolean;
  readonly children: ComponentChildren;
}
