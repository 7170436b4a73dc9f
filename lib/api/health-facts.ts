import type { Iso } from '../base/time.ts';
import type { OpenJobs } from '../job/store.ts';
import type { ApiSubscriptions, HealthFacts, QueueDepth } from './ports.ts';

interface Sources {
  readonly state: {
    lastTick(): Promise<{ readonly at: Iso } | null>;
    denials(): Promise<readonly { readonly denial: { readonly account: string; readonly since: Iso } | null }[]>;
  };
  readonly jobs: Pick<OpenJobs, 'oldestDue'>;
  readonly subscriptions: Pick<ApiSubscriptions, 'list'>;
  /** Stored items that this process has met lately and could not understand. */
  readonly unreadable: () => number;
  readonly depthOf: (queueUrl: string) => Promise<QueueDepth>;
  readonly queueUrls: Readonly<Record<string, string>>;
}

/** Some twenty small reads, all at once. */
export function makeHealthFacts({ state, jobs, subscriptions, unreadable, depthOf, queueUrls }: Sources): HealthFacts {
  return {
    lastTickAt: async () => (await state.lastTick())?.at ?? null,
    oldestDueAt: () => jobs.oldestDue(),
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
    /** Beside what else was read: subscriptions, which nobody may have listed. */
    async unreadableItems() {
      await subscriptions.list();
      return unreadable();
    },
  };
}
