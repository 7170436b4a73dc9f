import { createHash } from 'node:crypto';
import { base32 } from '../base/base32.ts';

/** The region of a job whose api has none. */
export const NO_REGION = 'global';

/**
 * What one vendor call can cover, and what a pace applies to. `projectId` is null for vendors that have no projects,
 * `region` is `NO_REGION` for those that have no regions.
 */
export interface Scope {
  readonly api: string;
  readonly account: string;
  readonly region: string;
  readonly projectId: string | null;
}

/** A job's identity: its scope and the vendor's own id. */
export interface JobIdentity extends Scope {
  readonly jobId: string;
}

/** One text per scope. None of the parts may hold a `/` (the parser of messages sees to it). */
export function scopeKey(scope: Scope): string {
  return [scope.api, scope.account, scope.region, scope.projectId ?? ''].join('/').replace(/\/$/, '');
}

/** `job_` + 26 characters: computable by anyone who knows the identity, safe in a URL. */
export function jobIdOf(identity: JobIdentity): string {
  const { api, account, region, projectId, jobId } = identity;
  return `job_${digest('job', api, account, region, projectId ?? '', jobId)}`;
}

/** The same transition always makes the same event id, so a repeat is known as one. */
export function transitionEventId(id: string, seq: number): string {
  return `evt_${digest('transition', id, String(seq))}`;
}

/** The delivery that closes a callback of a job: one for ever, whichever end closes it. */
export function callbackEventId(id: string, callbackHash: string): string {
  return `evt_${digest('callback', id, callbackHash)}`;
}

export function rejectedEventId(messageId: string): string {
  return `evt_${digest('rejected', messageId)}`;
}

export function deniedEventId(subject: string, deniedSince: string): string {
  return `evt_${digest('denied', subject, deniedSince)}`;
}

export function disabledEventId(subscription: string, disabledAt: string): string {
  return `evt_${digest('disabled', subscription, disabledAt)}`;
}

/** Of a group's event: `createdAt` tells groups of one id apart, which is free again 90 days after an end. */
export function groupEventId(kind: string, id: string, createdAt: string): string {
  return `evt_${digest('group', kind, id, createdAt)}`;
}

const LABEL_DIGEST_CHARACTERS = 10;

/** A label in ten characters: enough to tell which ones all members of a group share. */
export function labelDigest(key: string, value: string): string {
  return digest('label', key, value).slice(0, LABEL_DIGEST_CHARACTERS);
}

/** Names a key without showing it: what denial and the limits of a key are kept under. */
export function keyFingerprint(...parts: readonly string[]): string {
  return digest('key', ...parts);
}

/**
 * 130 bits of SHA-256 in lower-case base 32. The parts are length-prefixed, so no two lists of parts collide by
 * joining.
 */
function digest(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return base32(hash.digest()).slice(0, 26);
}

/** The wake message's body: who it is about and nothing else. */
export function identityOf(job: JobIdentity): JobIdentity {
  const { api, account, region, projectId, jobId } = job;
  return { api, account, region, projectId, jobId };
}
