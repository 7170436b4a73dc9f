import type { Random } from '../../base/random.ts';
import { PARAMETERS_MAX, ParameterError, type ReadParameter, type ReadParameters } from './parameter.ts';
import { THROTTLED } from './signed-call.ts';

export interface ParameterLineOptions {
  readonly readParameters: ReadParameters;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: Random;
  readonly clock: () => number;
}

export interface ParameterLine {
  /** `isUrgent`: goes before all that is not. `share`: how many processes read beside each other. */
  read(name: string, how: { isUrgent: boolean; share: number }): ReturnType<ReadParameter>;
}

type Found = Awaited<ReturnType<ReadParameter>>;

interface Wanted extends PromiseWithResolvers<Found> {
  readonly name: string;
  readonly isUrgent: boolean;
  /** It spoiled a request with others, or may have. */
  isAlone: boolean;
  tries: number;
}

/**
 * SSM's default for an account and region is 40 requests a second, whoever makes them: half of it, over all workers.
 * https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
 */
const INTERVAL_MS = 50;
/** What is not urgent goes where a request has room, and else in one request of its own a second. */
const SPARE_INTERVAL_MS = 1000;
/** Names that are wanted within this time share a request. */
const GATHER_MS = 5;
const UNDER_WAY_MAX = 4;
const TRIES = 5;
/** After a throttle nobody reads for up to this, up to twice that after the next, … */
const THROTTLED_WAIT_MS = 250;

/** Parameters, ten a request, as many requests a second as leave room for others, and fewer when SSM throttles. */
export function makeParameterLine(options: ParameterLineOptions): ParameterLine {
  const line: Line = { ...options, queue: [], underWay: new Set(), pauseUntilMs: 0, spareAtMs: 0, share: 1 };
  let isRunning = false;

  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    await options.sleep(GATHER_MS);
    // What is under way may come back into the queue.
    while (line.queue.length + line.underWay.size > 0) await step(line);
    isRunning = false;
  }

  return {
    read(name, { isUrgent, share }) {
      const wanted = { name, isUrgent, isAlone: false, tries: 0, ...Promise.withResolvers<Found>() };
      line.share = share;
      line.queue.push(wanted);
      void run();
      return wanted.promise;
    },
  };
}

interface Line extends ParameterLineOptions {
  /** In the order in which they came. */
  queue: Wanted[];
  readonly underWay: Set<Promise<void>>;
  pauseUntilMs: number;
  /** When the next request may go that has nothing urgent. */
  spareAtMs: number;
  share: number;
}

/** One request more, or the wait before it. */
async function step(line: Line): Promise<void> {
  const { queue, underWay, clock, sleep } = line;
  if (queue.length === 0 || underWay.size >= UNDER_WAY_MAX) return await Promise.race(underWay);
  const hasUrgent = queue.some(({ isUrgent }) => isUrgent);
  const fromMs = Math.max(line.pauseUntilMs, hasUrgent ? 0 : line.spareAtMs);
  const intervalMs = INTERVAL_MS * line.share;
  // In short steps: what is urgent may come meanwhile.
  if (clock() < fromMs) return await sleep(Math.min(fromMs - clock(), intervalMs));
  const group = nextGroup(queue);
  line.queue = queue.filter((wanted) => !group.includes(wanted));
  if (!hasUrgent) line.spareAtMs = clock() + SPARE_INTERVAL_MS * line.share;
  const work = request(line, group).finally(() => underWay.delete(work));
  underWay.add(work);
  await sleep(intervalMs);
}

function nextGroup(queue: readonly Wanted[]): readonly Wanted[] {
  const inOrder = [...queue.filter(({ isUrgent }) => isUrgent), ...queue.filter(({ isUrgent }) => !isUrgent)];
  const [first] = inOrder;
  if (first === undefined || first.isAlone) return inOrder.slice(0, 1);
  return inOrder.filter(({ isAlone }) => !isAlone).slice(0, PARAMETERS_MAX);
}

/** Never rejects. */
async function request(line: Line, group: readonly Wanted[]): Promise<void> {
  try {
    const found = await line.readParameters(group.map(({ name }) => name));
    for (const { name, resolve } of group) resolve(found.get(name) ?? null);
  } catch (error) {
    const code = error instanceof ParameterError ? error.code : '';
    if (THROTTLED.test(code)) pause(line, group, error);
    else if (group.length > 1 && isRefusal(code)) retryAlone(line, group);
    else rejectAll(group, error);
  }
}

function pause(line: Line, group: readonly Wanted[], error: unknown): void {
  const tries = Math.max(...group.map((wanted) => wanted.tries));
  line.pauseUntilMs = line.clock() + line.random() * THROTTLED_WAIT_MS * 2 ** tries;
  for (const wanted of group) wanted.tries += 1;
  line.queue.push(...group.filter((wanted) => wanted.tries < TRIES));
  rejectAll(
    group.filter((wanted) => wanted.tries >= TRIES),
    error,
  );
}

function rejectAll(group: readonly Wanted[], error: unknown): void {
  for (const { reject } of group) reject(error);
}

/** One parameter under a key that is disabled fails the nine that share its request: each then goes alone. */
function retryAlone(line: Line, group: readonly Wanted[]): void {
  for (const wanted of group) wanted.isAlone = true;
  line.queue.push(...group);
}

/** SSM's own word against the request, not silence and not a fault of SSM. */
function isRefusal(code: string): boolean {
  return /^[A-Z]\w+$/.test(code) && !/^(InternalServerError|ServiceUnavailable|InternalFailure)/.test(code);
}
