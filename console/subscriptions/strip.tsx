import type { EndpointFacts } from './endpoints.ts';
import type { Outcome } from './outcomes.ts';

const STEP = 7;
const HEIGHT = 18;

/** One stroke for each attempt, the newest at the right: a good one is tall and full, a failed one short and hollow. */
export function Strip({ outcomes }: { readonly outcomes: readonly Outcome[] }) {
  if (outcomes.length === 0) return <span class="dim">none yet</span>;
  const good = outcomes.filter(({ isGood }) => isGood).length;
  const last = outcomes.at(-1);
  const label = `${good} of the latest ${outcomes.length} attempts succeeded; the last: ${last?.text ?? ''}`;
  return (
    <svg class="strip" width={outcomes.length * STEP} height={HEIGHT} role="img" aria-label={label}>
      {outcomes.map(({ at, isGood, text }, index) => (
        <g key={`${at} ${index}`} class={isGood ? 'tone-good' : 'tone-bad'}>
          <title>{`${at}  ${text}`}</title>
          {isGood ? (
            <rect x={index * STEP} y={1} width={5} height={HEIGHT - 2} class="edge" />
          ) : (
            <rect x={index * STEP + 0.75} y={HEIGHT - 8.75} width={3.5} height={8} class="hollow" />
          )}
        </g>
      ))}
    </svg>
  );
}

/** The strip of an endpoint: where its sample was cut off, no attempt in it says nothing. */
export function Attempts({ facts: { outcomes, success } }: { readonly facts: EndpointFacts }) {
  if (outcomes.length === 0 && !success.isWhole) return <span class="dim">not known</span>;
  return <Strip outcomes={outcomes} />;
}
