import type { FaultSpec } from '../simulator/fault-schema.ts';

/** What befalls one vendor call in seven or so, of any api. */
export const TRIAL_FAULTS: readonly FaultSpec[] = [
  { kind: 'throttle', retryAfterMs: 500, probability: 0.02 },
  { kind: 'error', probability: 0.02 },
  { kind: 'html', probability: 0.01 },
  { kind: 'empty', probability: 0.01 },
  { kind: 'jsonNull', probability: 0.01 },
  { kind: 'reset', when: 'before', probability: 0.01 },
  { kind: 'reset', when: 'body', probability: 0.01 },
  { kind: 'cut', probability: 0.01 },
  { kind: 'cut', framing: 'broken', probability: 0.01 },
  { kind: 'wrongTypes', what: 'status', probability: 0.01 },
  { kind: 'wrongTypes', what: 'list', probability: 0.01 },
  { kind: 'slow', delayMs: 300, probability: 0.02 },
  { kind: 'hang', probability: 0.003 },
];
