import type * as v from 'valibot';
import { isTerminal, PHASES } from '../job/phase.ts';
import type { Event } from './event.ts';
import { sampleEvent } from './sample.ts';
import {
  accountEventData,
  endpointEventData,
  eventSchema,
  groupEventData,
  jobEventData,
  messageEventData,
} from './schema.ts';
import { EVENT_MEANINGS, EVENT_TYPES, type EventType } from './types.ts';

/** One type of event, as receivers have to know it. */
export interface CatalogueEntry {
  readonly type: EventType;
  /** One sentence. */
  readonly when: string;
  /** Sent to a subscription that names no types. */
  readonly isDefault: boolean;
  readonly schema: v.GenericSchema;
  /** Whole, as it would be sent. */
  readonly example: Event;
}

const DATA: Readonly<Record<string, v.GenericSchema>> = {
  job: jobEventData,
  group: groupEventData,
  account: accountEventData,
  message: messageEventData,
  endpoint: endpointEventData,
  test: endpointEventData,
};

const EXAMPLE = {
  id: 'evt_k6p5m4c6dnw7tukzj5ugr5j3zq',
  at: '2026-11-20T10:04:11.000Z',
  subscription: 'sub_3kq5w2m7c4n6p2q7r5s4t6u2v3',
  labels: { team: 'net' },
};

/** Every type of event. */
export const EVENT_CATALOGUE: readonly CatalogueEntry[] = EVENT_TYPES.map((type) => {
  const [, kind = '', word] = type.split('.');
  return {
    type,
    when: EVENT_MEANINGS[type],
    isDefault: PHASES.some((phase) => kind === 'job' && phase === word && isTerminal(phase)),
    schema: eventSchema(type, DATA[kind] ?? endpointEventData),
    example: sampleEvent('prod', { ...EXAMPLE, type }),
  };
});
