/** What a receive hides a message for: the longest that one round may take. */
export const LEASE_SECONDS = 120;

/**
 * SQS counts 12 h from the receive and refuses more; the rest is room for what came before the change. A longer wait is
 * made in steps: the message comes back and is delayed again.
 */
export const VISIBILITY_MAX_SECONDS = 39_600;

/**
 * SQS takes ten entries, and 1 MiB in all.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
 */
export const BATCH_MAX = 10;
export const BATCH_BYTES_MAX = 1_000_000;
