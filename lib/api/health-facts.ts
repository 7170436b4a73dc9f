import type { Clock, Iso } from '../base/time.ts';
import type { OpenJobs } from '../job/store.ts';
import { type DeniableState, deniedAccounts } from './denied.ts';
import type { ApiSubscriptions, HealthFacts, QueueDepth } from './ports.ts';

interface Sources {
  readonly state: {
    lastTick(): Promise<{ readonly at: Iso } | null>;
    denials(): Promise<readonly DeniableState[]>;
  };
  readonly jobs: Pick<OpenJobs, 'oldestDue'>;
  readonly subscriptions: Pick<ApiSubscriptions, 'list'>;
  /** Stored items that this process has met lately and could not understand. */
  readonly unreadable: () => number;
  readonly depthOf: (queueUrl: string) => Promise<QueueDepth>;
  readonly queueUrls: Readonly<Record<string, string>>;
  readonly clock: Clock;
}

/** Some twenty small reads, all at once. */
export function makeHealthFacts(sources: Sources): HealthFacts {
  const { state, jobs, subscriptions, unreadable, depthOf, queueUrls, clock } = sources;
  return {
    lastTickAt: async () => (await state.lastTick())?.at ?? null,
    oldestDueAt: () => jobs.oldestDue(),
    async queues() {
      const entries = Object.entries(queueUrls).map(async ([name, url]) => [name, await depthOf(url)] as const);
      return Object.fromEntries(await Promise.all(entries));
    },
    deniedAccounts: async () => deniedAccounts(await state.denials(), clock()),
    /** Beside what else was read: subscriptions, which nobody may have listed. */
    async unreadableItems() {
      await subscriptions.list();
      return unreadable();
    },
  };
}
