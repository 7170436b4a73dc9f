import { REGION } from '../template/physical.ts';
import { type Fields, isFields } from '../template/values.ts';

/**
 * The event of an SQS batch:
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
 */
export function sqsEvent(messages: readonly Fields[], queueArn: string): unknown {
  return {
    Records: messages.map((message) => ({
      messageId: message['MessageId'],
      receiptHandle: message['ReceiptHandle'],
      body: message['Body'],
      attributes: message['Attributes'] ?? {},
      messageAttributes: attributesOf(message['MessageAttributes']),
      md5OfBody: message['MD5OfBody'],
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: REGION,
    })),
  };
}

/** Lambda spells an attribute's fields in lower case. */
function attributesOf(attributes: unknown): Record<string, unknown> {
  if (!isFields(attributes)) return {};
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      const { StringValue, BinaryValue, DataType } = isFields(value) ? value : {};
      const content = BinaryValue === undefined ? { stringValue: StringValue } : { binaryValue: BinaryValue };
      return [name, { ...content, stringListValues: [], binaryListValues: [], dataType: DataType }];
    }),
  );
}
