import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { unlogged } from '../../../functions/common/clients.ts';

describe('an unlogged client', () => {
  it('copies nothing for a logger that nobody reads', () => {
    const steps = (client: SQSClient) => client.middlewareStack.identify().filter((step) => step.includes('logger'));
    expect(steps(new SQSClient({}))).toHaveLength(1);
    expect(steps(unlogged(new SQSClient({})))).toEqual([]);
  });
});
