import { defineCloud } from '../kit/cloud.ts';
import { kindOfKeyPair } from '../kit/credentials.ts';
import { alibabaAccount } from './account.ts';
import { ALIBABA_ALB } from './alb.ts';
import { alibabaProtocol } from './client.ts';
import { ALIBABA_FAULTS } from './errors.ts';
import { ALIBABA_NLB } from './nlb.ts';

/** No rule is published by which a key is locked, so the calls of a key are bounded for our own sake only. */
const CALLS_OF_KEY = 50;

export const ALIBABA = defineCloud({
  name: 'alibaba',
  schemaFor: () => alibabaAccount,
  kindOf: kindOfKeyPair,
  key: { identity: ({ accessKeyId }) => [accessKeyId], callsAtOnce: () => CALLS_OF_KEY, lockRule: null },
  keyShapes: ['LTAI[A-Za-z0-9]{12,30}'],
  faults: ALIBABA_FAULTS,
  protocol: alibabaProtocol,
  apis: [ALIBABA_NLB, ALIBABA_ALB],
});
