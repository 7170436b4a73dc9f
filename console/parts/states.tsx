import type { ComponentChildren } from 'preact';
import { TOKEN_COMMAND } from '../data/commands.ts';
import { connection } from '../data/connection.ts';
import type { Fetched } from '../data/fetched.ts';
import type { Failure } from '../data/requests.ts';
import { useStore } from '../data/store.ts';
import { Code } from './copy.tsx';

export function Loading({ what }: { readonly what: string }) {
  return (
    <div class="note loading" role="status">
      <span class="bars" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      Reading {what} …
    </div>
  );
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="note">
      <strong>{title}</strong>
      {children === undefined ? null : <div>{children}</div>}
    </div>
  );
}

const TITLES = {
  forbidden: 'This token may not see that',
  absent: 'Not found',
  refused: 'The request was refused',
  fault: 'jobwatch failed',
  unreachable: 'jobwatch does not answer',
} as const satisfies Record<Failure['kind'], string>;

const NEXT_STEPS = {
  forbidden: `Use a token with that permission: “${TOKEN_COMMAND}” creates one that can read.`,
  absent: 'Records are kept for 90 days after the end, deliveries for 30 days.',
  refused: null,
  fault: 'The page keeps trying. The log of the function api has the reason.',
  unreachable: 'The page keeps trying, at growing intervals.',
} as const satisfies Record<Failure['kind'], string | null>;

function titleOf(failure: Failure): string {
  return failure.kind === 'fault' ? `${TITLES.fault} (${failure.status})` : TITLES[failure.kind];
}

/** What went wrong, in the API's own words, and what helps. */
export function Trouble({ failure, retry }: { readonly failure: Failure; readonly retry?: () => void }) {
  return (
    <div class={`note trouble ${failure.kind}`} role="alert">
      <strong>{titleOf(failure)}</strong>
      <div>{failure.detail}</div>
      {NEXT_STEPS[failure.kind] === null ? null : <div class="dim">{NEXT_STEPS[failure.kind]}</div>}
      {failure.kind === 'fault' && failure.requestId !== null ? (
        <div class="ids">
          <span class="dim">request</span> <Code text={failure.requestId} name="the request id" />
        </div>
      ) : null}
      {retry === undefined || failure.kind === 'forbidden' ? null : (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Chooses between loading, trouble and the data; stale data stays in sight under a line that says so. */
export function Shown<T>({
  fetched,
  what,
  children,
}: {
  readonly fetched: Fetched<T>;
  readonly what: string;
  readonly children: (data: T) => ComponentChildren;
}) {
  const { data, failure, reload } = fetched;
  if (data === null) return failure === null ? <Loading what={what} /> : <Trouble failure={failure} retry={reload} />;
  return (
    <>
      {failure === null ? null : <Stale failure={failure} retry={reload} />}
      {children(data)}
    </>
  );
}

/** The banner speaks for all parts while there is no connection at all. */
export function Stale({ failure, retry }: { readonly failure: Failure; readonly retry: () => void }) {
  const { lostSinceMs } = useStore(connection);
  if (failure.kind === 'unreachable' && lostSinceMs !== null) return null;
  return (
    <div class="stale" role="status">
      This may be out of date: {failure.detail}{' '}
      <button type="button" class="plain" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
