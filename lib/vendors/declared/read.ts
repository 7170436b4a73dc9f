import { boundDetail } from '../../job/detail.ts';
import { NO_DETAIL } from '../../job/observation.ts';
import { isTerminal } from '../../job/phase.ts';
import { idText, type ParsedJob, statusWord, timeText, vendorError } from '../kit/json.ts';
import type { DeclaredApi, Pointer } from './declaration.ts';
import { valueAt } from './pointer.ts';

/** Whether a message's id can be one of the api: it becomes a part of a path, and is compared with a number. */
export function isAskable(id: string): boolean {
  return /^[1-9]\d{0,15}$/.test(id) && Number.isSafeInteger(Number(id));
}

/** The id that a job bears; null if that is not a number that can be told from others. */
export function idOf(job: unknown, { id }: DeclaredApi): string | null {
  const value = valueAt(job, id);
  return Number.isSafeInteger(value) ? String(value) : null;
}

/** A job as its declaration reads it. What is not where it should be is not said, but for the word. */
export function readJob(job: unknown, { word: place, words, detail }: DeclaredApi): ParsedJob {
  const word = statusWord(valueAt(job, place));
  if (word === null) return { kind: 'malformed', reason: 'the job has no readable status' };
  const folded = word.toLowerCase();
  const phase = Object.hasOwn(words, folded) ? words[folded] : undefined;
  const isOver = phase !== undefined && isTerminal(phase);
  const text = (pointer: Pointer) => idText(valueAt(job, pointer));
  const { error } = detail;
  const told = error === undefined || phase !== 'failed' ? null : error;
  return {
    kind: 'status',
    word,
    detail: boundDetail({
      ...NO_DETAIL,
      operation: text(detail.operation),
      resourceId: text(detail.resourceId),
      resourceType: text(detail.resourceType),
      beganAt: timeText(valueAt(job, detail.beganAt)),
      endedAt: isOver ? timeText(valueAt(job, detail.endedAt)) : null,
      error: told === null ? null : vendorError(valueAt(job, told.code), valueAt(job, told.message)),
    }),
  };
}
