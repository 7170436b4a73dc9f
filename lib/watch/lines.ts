import type { Busy, Wait } from '../admission/pace.ts';
import type { Permit } from '../admission/permit.ts';
import type { Tick } from '../admission/tick.ts';
import { scopeKey } from '../job/identity.ts';
import type { Guarded } from './faults.ts';
import { countIn, headMs, type Line, lineMs, longestOf, waitingIn } from './line.ts';
import type { Planned } from './plan.ts';
import type { Due, WatchPorts } from './ports.ts';
import type { Watch } from './watch.ts';
import { makeTogether, makeWork } from './work.ts';

export interface LinePorts extends Pick<WatchPorts, 'clock' | 'mono'> {
  readonly sleep: (ms: number) => Promise<void>;
}

/** Jobs in hand at once, waiting or under way, beside one round. A call counts with so many of its jobs at most: */
const JOBS_MAX = 800;
/** … a batch. A list of a thousand jobs that hangs is one call, and others may go on beside it. */
const CALL_JOBS_MAX = 20;
/** The bound on memory, lists and all. */
const JOBS_IN_ALL_MAX = 4000;
/** Of one scope, so that the first one that waits leaves room for others. */
const SCOPE_WAITING_JOBS_MAX = 600;
/** What a message's lease must still hold when its call begins: the call (30 s at most), its writes. */
const CALL_LEASE_MS = 40_000;
/** What goes back returns so long before its turn: a message that is visible is not received at once. */
const EARLY_MS = 2000;
/** The first of those that wait for a call of the same account to end; the others look once a second. */
const WOKEN_MAX = 16;
/** Who waits for room looks whether the tick still goes on. */
const ROOM_WAIT_MS = 1000;

/**
 * The waiting lines of a tick: due jobs wait here for the pace of their scope and the calls of their key, the longest
 * due first, each scope in a line of its own. What cannot wait (no room, its lease, the end of the tick) goes back.
 */
export function makeLines(watch: Watch, ports: LinePorts, tick: Tick, guarded: Guarded, onCall: () => void) {
  const lines = new Map<string, Line>();
  const drains = makeWork(guarded);
  const work = makeWork(guarded);
  const together = makeTogether(ports.sleep);
  let jobs = 0;
  /** Of these, jobs of long lists that are under way. */
  let listed = 0;
  let isOver = false;

  function add(due: readonly Due[]): void {
    jobs += due.length;
    join(due);
  }

  function join(due: readonly Due[]): void {
    for (const [scope, members] of Map.groupBy(due, ({ job }) => scopeKey(job))) {
      const known = lines.get(scope);
      known?.arrived.push(...members);
      if (known === undefined) open(scope, members);
      else shorten(known);
    }
  }

  function open(scope: string, arrived: Due[]): void {
    const account = arrived[0]?.job.account ?? '';
    const line: Line = { scope, account, calls: [], arrived, busy: null, wake: null };
    lines.set(scope, line);
    drains.begin('line', () => drain(line));
  }

  /** Begins the line's calls, one after another, as soon as they may begin; what is left at the end goes back. */
  async function drain(line: Line): Promise<void> {
    await guarded('line', async () => {
      for (let first = firstOf(line); first !== undefined; first = firstOf(line)) {
        if (!(await advance(line, first))) break;
        work.changed();
      }
    });
    lines.delete(line.scope);
    const rest = waitingIn(line);
    jobs -= rest.length;
    // Whoever waits for room has it now.
    work.changed();
    if (rest.length > 0) await guarded('release', () => watch.release(rest));
  }

  /** False: no call may begin any more in this tick. */
  async function advance(line: Line, first: Planned): Promise<boolean> {
    if (isOver || !tick.mayBegin()) return false;
    if (releaseLate(line, first)) return true;
    const admission = await guarded('admit', () => watch.admit(first.call, tick));
    if (admission?.kind === 'busy') {
      await pause(line, admission);
      return true;
    }
    line.calls.shift();
    if (admission === null) jobs -= first.due.length;
    else if (admission.kind === 'go') begin(line, first, admission);
    else putOff(first, admission);
    return true;
  }

  /** A call that rejoined the line, or waited long to be admitted: what could outlast its lease goes back. */
  function releaseLate(line: Line, { due }: Planned): boolean {
    const late = due.filter((one) => isTooLate(one, ports.mono()));
    if (late.length === 0) return false;
    line.calls.shift();
    line.arrived.push(...due.filter((one) => !late.includes(one)));
    jobs -= late.length;
    work.begin('release', () => watch.release(late));
    return true;
  }

  function firstOf(line: Line): Planned | undefined {
    if (line.arrived.length > 0) {
      const waiting = waitingIn(line);
      [line.calls, line.arrived] = [[...watch.plan(waiting)], []];
    }
    return line.calls[0];
  }

  function begin(line: Line, { call, due }: Planned, permit: Permit): void {
    onCall();
    const release: Permit['release'] = async (result) => {
      await permit.release(result);
      wakeOthers(line.account);
    };
    const others = together.expect(due.length);
    const turn = {
      permit: { ...permit, release },
      lineMs: () => lineMs(line),
      together: () => others.wait({ isInLine: line.busy !== null }),
      goesOn: () => !isOver && tick.mayBegin(),
    };
    const beyond = Math.max(0, due.length - CALL_JOBS_MAX);
    listed += beyond;
    work.begin('run', async () => {
      const unasked = (await guarded('run', () => watch.poll(call, due, turn))) ?? [];
      others.end();
      listed -= beyond;
      jobs -= due.length - unasked.length;
      join(unasked);
    });
  }

  /** Until the time is there, or a call of the same account has ended. What cannot wait that long goes back. */
  async function pause(line: Line, busy: Busy): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    [line.busy, line.wake] = [busy, resolve];
    shorten(line);
    work.changed();
    await Promise.race([promise, ports.sleep(Math.max(1, busy.retryMs - ports.clock()))]);
    line.wake = null;
  }

  function wakeOthers(account: string): void {
    const paused = [...lines.values()].filter((line) => line.account === account && line.wake !== null);
    const sorted = paused.length === 1 ? paused : paused.toSorted((a, b) => headMs(a) - headMs(b));
    for (const { wake } of sorted.slice(0, WOKEN_MAX)) wake?.();
  }

  /** What would begin too late for its lease. */
  function giveUpLate(line: Line, busy: Busy): void {
    const startsMono = ports.mono() + Math.max(0, busy.retryMs - ports.clock());
    const late = line.calls.map(({ call, due }, at) => ({
      call,
      due: due.filter((one) => isTooLate(one, startsMono + at * busy.intervalMs)),
    }));
    if (late.every(({ due }) => due.length === 0)) return;
    const gone = new Set(late.flatMap(({ due }) => due));
    [line.arrived, line.calls] = [waitingIn(line).filter((one) => !gone.has(one)), []];
    firstOf(line);
    for (const planned of late) if (planned.due.length > 0) putOff(planned, slotFor(line, busy));
  }

  /** What a line that pauses is too long for goes back. */
  function shorten(line: Line): void {
    if (line.busy === null || line.wake === null) return;
    firstOf(line);
    giveUpLate(line, line.busy);
    giveUpEnd(line, countIn(line) - SCOPE_WAITING_JOBS_MAX);
  }

  /** So many of the shortest due of a line that pauses: they come back when the line will have gone on. */
  function giveUpEnd(line: Line, count: number): boolean {
    if (line.busy === null || line.wake === null) return false;
    firstOf(line);
    const end: Planned[] = [];
    for (let given = 0; given < count && line.calls.length > 1; given += end[0]?.due.length ?? 0)
      end.unshift(...line.calls.splice(-1));
    for (const planned of end) putOff(planned, slotFor(line, line.busy));
    return end.length > 0;
  }

  function slotFor(line: Line, busy: Busy): Wait {
    const nowMs = ports.clock();
    return busy.slot(nowMs + Math.max(busy.intervalMs, lineMs(line) - EARLY_MS), nowMs);
  }

  function putOff({ due }: Planned, wait: Wait): void {
    jobs -= due.length;
    work.begin('put off', () => watch.putOff(due, wait));
  }

  /** Room for another round: the longest line gives up its end; if nothing waits, a call has to end first. */
  async function room(): Promise<void> {
    for (let over = excess(); over > 0 && !isOver && tick.mayBegin(); over = excess()) {
      const { longest, ahead } = longestOf([...lines.values()]);
      if (longest === null || !giveUpEnd(longest, Math.min(over, ahead)))
        await Promise.race([work.change(), ports.sleep(ROOM_WAIT_MS)]);
    }
  }

  function excess(): number {
    return Math.max(jobs - listed - JOBS_MAX, jobs - JOBS_IN_ALL_MAX);
  }

  /** What waits goes back. Resolves when no call begins any more: one that is being admitted still may. */
  async function end(): Promise<void> {
    isOver = true;
    together.end();
    for (const { wake } of lines.values()) wake?.();
    await drains.done();
  }

  /** When everything has come to its end. */
  async function done(): Promise<void> {
    while (!isEmpty()) await Promise.all([work.done(), drains.done()]);
  }

  function isEmpty(): boolean {
    return work.isIdle() && drains.isIdle();
  }

  /** Resolves when nothing waits and nothing is under way, or after that time. */
  async function idle(longestMs: number): Promise<void> {
    const time = ports.sleep(longestMs).then(() => 'over' as const);
    while (!isEmpty()) {
      const ended = Promise.race([work.change(), drains.change()]);
      if ((await Promise.race([ended, time])) === 'over') return;
    }
  }

  return { add, room, idle, end, done, isEmpty };
}

/** A call that begins then could outlast the lease of the message. */
function isTooLate({ message }: Due, startsMono: number): boolean {
  return message.leaseEndsMono - CALL_LEASE_MS < startsMono;
}

export type Lines = ReturnType<typeof makeLines>;
