import { defineCloud } from '../kit/cloud.ts';
import { tencentAccount } from './account.ts';
import { TENCENT_ALB } from './alb.ts';
import { tencentProtocol } from './client.ts';
import { TENCENT_FAULTS } from './errors.ts';
import { TENCENT_TASKS } from './tasks.ts';

/** Whether a key is locked is not published. */
const CALLS_OF_KEY = 20;

export const TENCENT = defineCloud({
  name: 'tencent',
  schemaFor: () => tencentAccount,
  kindOf: ({ token }) => (token === undefined ? 'access key' : 'temporary key'),
  key: {
    identity: ({ secretId }) => [secretId],
    callsAtOnce: (workers) => Math.max(1, Math.floor(CALLS_OF_KEY / workers)),
    lockRule: null,
  },
  keyShapes: ['AKID[A-Za-z0-9]{13,}'],
  faults: TENCENT_FAULTS,
  protocol: tencentProtocol,
  apis: [...TENCENT_TASKS, TENCENT_ALB],
});
