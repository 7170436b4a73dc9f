/** How long things are kept. DynamoDB deletes what has expired within days; until then it is not read any more. */

const DAY_SECONDS = 24 * 3600;

/** A finished record of a job, from the publication of its end. */
export const JOB_KEPT_SECONDS = 90 * DAY_SECONDS;
/** An id of a group, from the group's end: then another group may have it. */
export const GROUP_KEPT_SECONDS = 90 * DAY_SECONDS;
/** A member of a group, from the latest thing that is known of it: a group ends within eight days of that. */
export const MEMBER_KEPT_SECONDS = 100 * DAY_SECONDS;
/** A delivery, from the latest thing that is known of it, and each of its attempts. */
export const DELIVERY_KEPT_SECONDS = 30 * DAY_SECONDS;
/** A callback's token: the longest watch, and then as long as its delivery may be sent again. */
export const CALLBACK_TOKEN_KEPT_SECONDS = 7 * DAY_SECONDS + DELIVERY_KEPT_SECONDS + 3 * DAY_SECONDS;
/** Facts about keys and scopes that nobody has used. */
export const STATE_KEPT_SECONDS = 30 * DAY_SECONDS;
/** What was begun under an `Idempotency-Key`. */
export const IDEMPOTENCY_KEPT_SECONDS = DAY_SECONDS;
