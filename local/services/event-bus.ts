import { isFields } from '../template/values.ts';
import { type Answer, refusal, type ServiceRequest } from './workflows.ts';

export interface BusEvent {
  readonly bus: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: string;
}

export interface EventBus {
  readonly events: readonly BusEvent[];
  answer(request: ServiceRequest): Answer;
  /** From now on entries are refused, one by one, with this code; null: they are taken. */
  refuse(code: string | null): void;
}

const ENTRIES_MAX = 10;
const ENTRY_MAX_BYTES = 256 * 1024;

/**
 * `PutEvents`, as its reference says: a 200 may hold refusals, entry by entry.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function makeEventBus(buses: readonly string[]): EventBus {
  const events: BusEvent[] = [];
  let refused: string | null = null;

  function codeOf(entry: Readonly<Record<string, unknown>>): string | null {
    const { Source, DetailType, Detail, EventBusName } = entry;
    if (refused !== null) return refused;
    if (typeof Source !== 'string' || Source === '' || Source.startsWith('aws.')) return 'NotAuthorizedForSource';
    if (typeof DetailType !== 'string' || DetailType.length < 1 || DetailType.length > 128) return 'InvalidArgument';
    if (typeof EventBusName !== 'string' || !buses.includes(EventBusName)) return 'InvalidArgument';
    return typeof Detail === 'string' && isObjectText(Detail) ? null : 'MalformedDetail';
  }

  return {
    events,
    refuse(code) {
      refused = code;
    },
    answer({ target, contentType, body }) {
      if (target !== 'AWSEvents.PutEvents' || contentType !== 'application/x-amz-json-1.1')
        return refusal(400, 'UnknownOperationException', 'no such operation');
      const entries = entriesIn(body);
      if (entries === null) return refusal(400, 'ValidationException', 'Entries: 1 to 10');
      if (entries.some((entry) => Buffer.byteLength(JSON.stringify(entry)) >= ENTRY_MAX_BYTES))
        return refusal(400, 'ValidationException', 'Total size of the entries in the request is over the limit');
      const codes = entries.map(codeOf);
      entries.forEach((entry, at) => {
        if (codes[at] !== null) return;
        const { EventBusName: bus, Source: source, DetailType: detailType, Detail: detail } = entry;
        events.push({ bus: `${bus}`, source: `${source}`, detailType: `${detailType}`, detail: `${detail}` });
      });
      const Entries = codes.map((code, at) =>
        code === null ? { EventId: `e-${events.length}-${at}` } : { ErrorCode: code, ErrorMessage: 'refused here' },
      );
      const FailedEntryCount = codes.filter((code) => code !== null).length;
      return { status: 200, headers: {}, body: JSON.stringify({ FailedEntryCount, Entries }) };
    },
  };
}

function entriesIn(body: string): readonly Readonly<Record<string, unknown>>[] | null {
  const input = parse(body);
  const entries = isFields(input) ? input['Entries'] : null;
  if (!Array.isArray(entries) || entries.length < 1 || entries.length > ENTRIES_MAX) return null;
  return entries.every(isFields) ? entries : null;
}

function isObjectText(text: string): boolean {
  return isFields(parse(text));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
