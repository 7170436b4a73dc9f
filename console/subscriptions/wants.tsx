import type { Subscription } from '../../client/responses.ts';
import { Labels } from '../parts/facts.tsx';

/** The types that a subscription wants, without the part that all have. */
export function TypesText({ types }: { readonly types: readonly string[] }) {
  if (types.length === 0) return <span>ends of jobs</span>;
  if (types.includes('jobwatch.*')) return <span>all</span>;
  return <span>{types.map((type) => type.replace(/^jobwatch\./, '')).join(', ')}</span>;
}

export function FilterText({ filter }: { readonly filter: Subscription['filter'] }) {
  const pairs = {
    ...(filter.api === undefined ? {} : { api: filter.api }),
    ...(filter.account === undefined ? {} : { account: filter.account }),
    ...Object.fromEntries(Object.entries(filter.labels ?? {}).map(([key, value]) => [`label.${key}`, value])),
  };
  return Object.keys(pairs).length === 0 ? <span class="dim">all jobs</span> : <Labels labels={pairs} />;
}
