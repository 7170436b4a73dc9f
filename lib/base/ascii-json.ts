/**
 * JSON in ASCII alone. SQS refuses some characters for ever (U+FFFE, U+FFFF, most control characters), and a body that
 * can't be sent would stay owed for ever; escaped, every text can be sent.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Bytes of the value as ASCII JSON. */
export function asciiBytes(value: unknown): number {
  return asciiJson(value).length;
}
