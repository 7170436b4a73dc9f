import { asciiBytes } from '../base/ascii-json.ts';
import type { Detail, SubJob, VendorError } from './observation.ts';

/** Sub-jobs that a record keeps of one job. */
export const SUB_JOBS_MAX = 50;
/** The whole detail as ASCII JSON: what a record and an event leave room for. */
export const DETAIL_MAX_BYTES = 8192;
/** An id, a type or a code, in bytes of ASCII JSON. */
export const ID_MAX_BYTES = 256;
/** A message for people, in bytes of ASCII JSON. */
export const MESSAGE_MAX_BYTES = 1024;

const SHORT_MESSAGE_BYTES = 128;

/**
 * The same detail within `DETAIL_MAX_BYTES` of ASCII JSON and `SUB_JOBS_MAX` sub-jobs. Sub-jobs go first, then
 * messages. The first sub-job of each status stays as long as any can, since a job's phase may hang on one that failed.
 */
export function boundDetail(detail: Detail): Detail {
  const ranked = rankSubJobs(detail.subJobs).slice(0, SUB_JOBS_MAX);
  const best = ranked.map(([place, sub]) => [place, clipSubJob(sub)] as const);
  const sizes = best.map(([, sub]) => asciiBytes(sub) + 1);
  const fewest = new Set(best.map(([, sub]) => statusKey(sub))).size;
  const bare = clipOwn(detail);
  let count = best.length;
  let bytes = sizes.reduce((sum, size) => sum + size, asciiBytes(bare));
  for (; count > fewest && bytes > DETAIL_MAX_BYTES; count -= 1) bytes -= sizes[count - 1] ?? 0;
  let bounded: Detail = { ...bare, subJobs: inOrder(best.slice(0, count)) };
  if (tooLarge(bounded)) bounded = withShortMessages(bounded);
  if (tooLarge(bounded)) bounded = { ...bounded, subJobs: bounded.subJobs.map(statusOnly) };
  while (tooLarge(bounded)) bounded = { ...bounded, subJobs: bounded.subJobs.slice(0, -1) };
  return bounded;
}

/** The longest beginning of a text that takes no more bytes as ASCII JSON; never half of a surrogate pair. */
export function clipText(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += PLAIN.test(character) ? 1 : asciiBytes(character) - '""'.length;
    if (bytes > maxBytes) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

/** What JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]$/;

function tooLarge(detail: Detail): boolean {
  return asciiBytes(detail) > DETAIL_MAX_BYTES;
}

type Placed = readonly [place: number, sub: SubJob];

/** The sub-jobs with their places: the first of each status before all others, else in the vendor's order. */
function rankSubJobs(subJobs: readonly SubJob[]): Placed[] {
  const firsts = new Map<string | undefined, number>();
  subJobs.forEach((sub, place) => {
    if (!firsts.has(statusKey(sub))) firsts.set(statusKey(sub), place);
  });
  const isFirst = ([place, sub]: Placed) => firsts.get(statusKey(sub)) === place;
  const placed = [...subJobs.entries()];
  return [...placed.filter(isFirst), ...placed.filter((entry) => !isFirst(entry))];
}

function inOrder(placed: readonly Placed[]): SubJob[] {
  return [...placed].sort(([a], [b]) => a - b).map(([, sub]) => sub);
}

function statusKey(sub: SubJob): string | undefined {
  return sub.status?.toLowerCase();
}

/** Without the sub-jobs. */
function clipOwn(detail: Detail): Detail {
  return {
    ...detail,
    operation: clipId(detail.operation),
    resourceId: clipId(detail.resourceId),
    resourceType: clipId(detail.resourceType),
    error: clipError(detail.error, MESSAGE_MAX_BYTES),
    subJobs: [],
    requestId: clipId(detail.requestId),
  };
}

function clipSubJob(sub: SubJob): SubJob {
  return {
    ...sub,
    jobId: clipId(sub.jobId),
    operation: clipId(sub.operation),
    status: clipId(sub.status),
    resourceId: clipId(sub.resourceId),
    error: clipError(sub.error, MESSAGE_MAX_BYTES),
    entities: sub.entities.map((entity) => ({
      id: clipText(entity.id, ID_MAX_BYTES),
      type: clipId(entity.type),
    })),
  };
}

function clipId(text: string | null): string | null {
  return text === null ? null : clipText(text, ID_MAX_BYTES);
}

function clipError(error: VendorError | null, messageBytes: number): VendorError | null {
  if (error === null) return null;
  return { code: clipId(error.code), message: error.message === null ? null : clipText(error.message, messageBytes) };
}

function withShortMessages(detail: Detail): Detail {
  const short = (error: VendorError | null) => clipError(error, SHORT_MESSAGE_BYTES);
  return {
    ...detail,
    error: short(detail.error),
    subJobs: detail.subJobs.map((sub) => ({ ...sub, error: short(sub.error), entities: sub.entities.slice(0, 1) })),
  };
}

function statusOnly(sub: SubJob): SubJob {
  return {
    jobId: null,
    operation: null,
    status: sub.status,
    resourceId: null,
    beganAt: null,
    endedAt: null,
    error: null,
    entities: [],
  };
}
