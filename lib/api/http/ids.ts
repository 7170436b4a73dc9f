import { BASE32 } from '../../base/base32.ts';

/** Ids in paths are looked up only if they have the shape that jobwatch gives them: nothing odd reaches a store. */
const JOB = /^job_[a-z2-7]{26}$/;
const SUBSCRIPTION = /^sub_[A-Za-z0-9_-]{1,64}$/;
const EVENT = /^evt_[A-Za-z0-9_-]{1,64}$/;

export function isJobId(text: string): boolean {
  return JOB.test(text);
}

export function isSubscriptionId(text: string): boolean {
  return SUBSCRIPTION.test(text);
}

export function isEventId(text: string): boolean {
  return EVENT.test(text);
}

const RANDOM_CHARACTERS = 26;

/** 130 random bits, as long and as plain as the ids that are hashes. */
export function makeRandomId(randomBytes: (size: number) => Uint8Array): () => string {
  return () => [...randomBytes(RANDOM_CHARACTERS)].map((byte) => BASE32[byte & 31]).join('');
}
