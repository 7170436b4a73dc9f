import type { Account, Cloud } from './account.ts';
import type { Scope } from './identity.ts';
import type { Detail, Observation } from './observation.ts';
import type { Phase } from './phase.ts';
import type { Iso } from './time.ts';

/** How jobs of one api may be put together in calls; the plan decides by it. */
export interface Grouping {
  /** Ids that one batch call may carry; 0 where the api has no batch call. */
  readonly batchMax: number;
  /** One id may be asked by a call of its own. */
  readonly single: boolean;
  /** Jobs a page of the scope-wide list may hold; 0 where the api has no such list. */
  readonly listPageMax: number;
}

/** One call of the plan. An api may need several requests to answer it (pages, a batch that has to be split). */
export interface Call {
  readonly scope: Scope;
  readonly shape: 'single' | 'batch' | 'list';
  /** Vendor job ids, each once. */
  readonly jobIds: readonly string[];
  /** For a list: jobs that began earlier need not be listed. */
  readonly beganAfterMs: number | null;
}

/** What a call may use. */
export interface Access {
  readonly account: Account;
  /**
   * Asked before every request; resolves when the pace lets it begin. False means that the pace or the time has run out:
   * what is left is `unasked`.
   */
  readonly spend: () => Promise<boolean>;
}

export interface Answer {
  /** One entry for each id of the call. */
  readonly observations: ReadonlyMap<string, Observation>;
  /** Requests in which the vendor refused the signature, token or key: Huawei locks a key that collects more than 5. */
  readonly keyRefusals: number;
  /** Signed requests that got no answer at all: the vendor may have counted their signatures as bad all the same. */
  readonly keyDoubts: number;
  /** Pages that a list took, null for other shapes: the plan learns from it. */
  readonly pages: number | null;
}

/** What a vendor's staged statuses need to remember between two looks at a job. */
export interface JudgeMemory {
  /** The job was seen rolling back at any time. */
  readonly rolledBack: boolean;
  /** When the vendor first said that the job failed, null if it did not. */
  readonly failSeenAt: Iso | null;
}

export const NO_MEMORY: JudgeMemory = { rolledBack: false, failSeenAt: null };

export interface Judgement {
  /** null: the vendor's word is not in the table; the phase stays. */
  readonly phase: Phase | null;
  readonly memory: JudgeMemory;
  /** The longest wait before the next look that this state allows; null: no wish. */
  readonly lookAgainWithinMs: number | null;
}

/** What can be said about an api without asking it: enough to check a watch message. */
export interface ApiFacts {
  readonly api: string;
  readonly cloud: Cloud;
  /** Whether a job of this api is only known together with a project id. */
  readonly needsProject: boolean;
}

/** What is known about each api, by its name. */
export type ApiTable = ReadonlyMap<string, ApiFacts>;

/** One vendor API that can be asked about jobs: the whole of what the rest of jobwatch knows about it. */
export interface Vendor extends ApiFacts {
  readonly grouping: Grouping;
  /** The vendor's words, lower case, and our phases. */
  readonly statuses: ReadonlyMap<string, Phase>;
  /** Pure: what a sighting means, given what was seen before. */
  readonly judge: (sighting: Sighting, memory: JudgeMemory, nowMs: number) => Judgement;
  /** Never rejects: what goes wrong is an observation. */
  readonly ask: (call: Call, access: Access) => Promise<Answer>;
}

export interface Sighting {
  readonly word: string;
  readonly detail: Detail;
}

/** The judge of an api whose words each mean one phase, whatever came before. */
export function judgeByTable(statuses: ReadonlyMap<string, Phase>): Vendor['judge'] {
  return (sighting, memory) => ({
    phase: statuses.get(sighting.word.toLowerCase()) ?? null,
    memory,
    lookAgainWithinMs: null,
  });
}
