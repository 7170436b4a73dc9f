import {
  type BelievedFault,
  type DamagingFault,
  type Fault,
  isBelieved,
  isDamaging,
  isReplacing,
  type ReplacingFault,
} from './fault-schema.ts';

/** What a fault may be aimed at. `jobIds` holds the ids that the request names; a list names none. */
export interface FaultTarget {
  readonly api: string;
  readonly action: string;
  readonly key: string;
  readonly jobIds: readonly string[];
}

/** What befalls one request. */
export interface Effects {
  readonly replacement: ReplacingFault | null;
  readonly damage: DamagingFault | null;
  readonly believed: readonly BelievedFault[];
  /** How far the service's clock is off for this request. */
  readonly skewMs: number;
}

export interface FaultState {
  readonly id: string;
  readonly fault: Fault;
  /** Requests that it may still befall; null: no limit. */
  readonly left: number | null;
}

export interface FaultBook {
  set(fault: Fault, nowMs: number): string;
  remove(id: string): boolean;
  clear(): void;
  /** The first replacing or damaging fault that matches, in the order set, and every other kind that matches. */
  pick(target: FaultTarget, nowMs: number): Effects;
  states(): FaultState[];
}

interface Entry {
  readonly id: string;
  readonly fault: Fault;
  readonly setAtMs: number;
  left: number;
}

const FAULTS_MAX = 10_000;

/** `random` decides about faults with a probability below 1, and about nothing else. */
export function makeFaultBook(random: () => number): FaultBook {
  const entries = new Map<string, Entry>();
  let lastId = 0;

  function strikes(entry: Entry, target: FaultTarget, nowMs: number): boolean {
    if (entry.left <= 0 || !isOpen(entry, nowMs) || !isAimedAt(entry.fault, target)) return false;
    return entry.fault.probability >= 1 || random() < entry.fault.probability;
  }

  return {
    set(fault, nowMs) {
      if (entries.size >= FAULTS_MAX) throw new RangeError(`the simulator keeps at most ${FAULTS_MAX} faults`);
      lastId += 1;
      const id = `fault-${lastId}`;
      entries.set(id, { id, fault, setAtMs: nowMs, left: fault.times ?? Number.POSITIVE_INFINITY });
      return id;
    },
    remove: (id) => entries.delete(id),
    clear: () => entries.clear(),
    pick(target, nowMs) {
      const struck: Entry[] = [];
      let isTransportTaken = false;
      for (const entry of entries.values()) {
        const isTransport = isReplacing(entry.fault) || isDamaging(entry.fault);
        if ((isTransport && isTransportTaken) || !strikes(entry, target, nowMs)) continue;
        isTransportTaken ||= isTransport;
        entry.left -= 1;
        struck.push(entry);
      }
      return effectsOf(struck.map(({ fault }) => fault));
    },
    states: () =>
      [...entries.values()].map(({ id, fault, left }) => ({ id, fault, left: Number.isFinite(left) ? left : null })),
  };
}

/** A small generator with a seed (mulberry32), so that a run with chance in it can be had again. */
export function makeSeededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function isOpen({ fault, setAtMs }: Entry, nowMs: number): boolean {
  const opensAtMs = setAtMs + fault.afterSeconds * 1000;
  return nowMs >= opensAtMs && (fault.forSeconds === undefined || nowMs < opensAtMs + fault.forSeconds * 1000);
}

function isAimedAt(fault: Fault, target: FaultTarget): boolean {
  if (fault.api !== undefined && fault.api !== target.api) return false;
  if (fault.action !== undefined && fault.action !== target.action) return false;
  if (fault.key !== undefined && fault.key !== target.key) return false;
  if (fault.jobId === undefined || target.jobIds.includes(fault.jobId)) return true;
  // A list may show the job without naming it: what is believed of the job holds there too.
  return isBelieved(fault) && target.jobIds.length === 0;
}

function effectsOf(faults: readonly Fault[]): Effects {
  return {
    replacement: faults.find(isReplacing) ?? null,
    damage: faults.find(isDamaging) ?? null,
    believed: faults.filter(isBelieved),
    skewMs: faults.reduce((sum, fault) => sum + (fault.kind === 'clockSkew' ? fault.skewSeconds * 1000 : 0), 0),
  };
}
