import type { Iso } from '../base/time.ts';
import { OPEN_SHARDS } from '../job/job.ts';
import type { HealthFacts, QueueDepth } from './ports.ts';

interface Sources {
  readonly state: {
    lastTick(): Promise<{ readonly at: Iso } | null>;
    denials(): Promise<readonly { readonly denial: { readonly account: string; readonly since: Iso } | null }[]>;
  };
  readonly jobs: { oldestDue(shard: number): Promise<Iso | null> };
  readonly depthOf: (queueUrl: string) => Promise<QueueDepth>;
  readonly queueUrls: Readonly<Record<string, string>>;
}

/** Some twenty small reads, all at once. */
export function makeHealthFacts({ state, jobs, depthOf, queueUrls }: Sources): HealthFacts {
  return {
    lastTickAt: async () => (await state.lastTick())?.at ?? null,
    async oldestDueAt() {
      const shards = Array.from({ length: OPEN_SHARDS }, (_, shard) => jobs.oldestDue(shard));
      const due = (await Promise.all(shards)).filter((at) => at !== null);
      return due.sort()[0] ?? null;
    },
    async queues() {
      const entries = Object.entries(queueUrls).map(async ([name, url]) => [name, await depthOf(url)] as const);
      return Object.fromEntries(await Promise.all(entries));
    },
    /** An account may be denied by several keys and scopes: it is named once, with the earliest time. */
    async deniedAccounts() {
      const earliest = new Map<string, Iso>();
      for (const { denial } of await state.denials()) {
        if (denial === null) continue;
        const known = earliest.get(denial.account);
        if (known === undefined || denial.since < known) earliest.set(denial.account, denial.since);
      }
      return [...earliest].map(([account, since]) => ({ account, since }));
    },
  };
}
