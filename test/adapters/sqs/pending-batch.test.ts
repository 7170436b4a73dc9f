import { expect, test } from 'vitest';
import { pendingBatch } from '../../../lib/adapters/sqs/pending-batch.ts';
import { START_MS } from '../../fakes/clock.ts';

const clock = () => START_MS;
const record = { messageId: 'm1', receiptHandle: 'h1', body: '{}', attributes: { SentTimestamp: '1795168700000' } };

test('a message of a batch is what a receive gives: a wake message is one, and a lease lasts a minute', () => {
  const messageAttributes = {
    reattach: { dataType: 'String', stringValue: 'job_1', stringListValues: [], binaryListValues: [] },
    traced: { dataType: 'Binary', binaryValue: 'AQI=' },
  };
  const given = { SentTimestamp: '1795168700000', ApproximateReceiveCount: '3' };
  const Records = [{ ...record, attributes: given, messageAttributes }];
  expect(pendingBatch({ Records }, clock, () => 500)).toEqual([
    {
      messageId: 'm1',
      receiptHandle: 'h1',
      body: '{}',
      reattach: 'job_1',
      attributesJson: JSON.stringify({
        reattach: { type: 'String', value: 'job_1' },
        traced: { type: 'Binary', value: 'AQI=' },
      }),
      sentMs: 1_795_168_700_000,
      receivedMs: START_MS,
      receives: 3,
      leaseEndsMono: 60_500,
    },
  ]);
});

test('a record that says nothing of attributes is a message of now', () => {
  const [message] = pendingBatch({ Records: [{ ...record, attributes: {} }] }, clock, () => 0);
  expect(message).toMatchObject({ reattach: null, attributesJson: '{}', sentMs: START_MS, receives: undefined });
});
