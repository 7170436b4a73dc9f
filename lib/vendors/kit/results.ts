import type { Observation, Trouble } from '../../job/observation.ts';

/** The observations of one call as they come in. */
export interface Results {
  /** Takes what a response said about an id; ids that were not polled are ignored, contradictions are malformed. */
  readonly see: (jobId: string, observation: Observation) => void;
  readonly unseen: () => readonly string[];
  /** One observation for all that is still unseen. */
  readonly fillRest: (observation: Observation) => void;
  readonly observations: ReadonlyMap<string, Observation>;
}

const CONTRADICTION: Trouble = {
  kind: 'malformed',
  reason: 'the answer holds two entries for this id that contradict each other',
};

export function makeResults(jobIds: readonly string[]): Results {
  const polled = new Set(jobIds);
  const observations = new Map<string, Observation>();
  const unseen = () => [...polled].filter((jobId) => !observations.has(jobId));
  return {
    observations,
    unseen,
    see: (jobId, observation) => {
      if (!polled.has(jobId)) return;
      const before = observations.get(jobId);
      observations.set(jobId, before === undefined || saysTheSame(before, observation) ? observation : CONTRADICTION);
    },
    fillRest: (observation) => {
      for (const jobId of unseen()) observations.set(jobId, observation);
    },
  };
}

/**
 * Trouble that would meet the next request too: a refused key must not be tried again, a vendor that asks for patience
 * must get it. A malformed response says nothing about the next one.
 */
export function endsCall(observation: Observation): observation is Trouble {
  return observation.kind !== 'status' && observation.kind !== 'missing' && observation.kind !== 'malformed';
}

/** Two pages have two request ids; a change of letter case is no change. */
function saysTheSame(one: Observation, other: Observation): boolean {
  return essence(one) === essence(other);
}

function essence(observation: Observation): string {
  if (observation.kind !== 'status') return JSON.stringify(observation);
  return JSON.stringify([observation.word.toLowerCase(), { ...observation.detail, requestId: null }]);
}
