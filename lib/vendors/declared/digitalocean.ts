import type { DeclaredCloud } from './declaration.ts';

const ERRORS = 'https://docs.digitalocean.com/reference/api/digitalocean/#section/Introduction/Responses';

/**
 * DigitalOcean: a token needs the scope `actions:read`. 5000 calls an hour and 250 a minute, of which each comes back
 * when it is an hour old. There is no list by ids. https://github.com/digitalocean/openapi
 */
export const DIGITALOCEAN: DeclaredCloud = {
  name: 'digitalocean',
  origin: 'https://api.digitalocean.com',
  keyShapes: ['do[opr]_v1_[A-Za-z0-9]{16,}'],
  callsAtOnce: 2,
  pace: { callsPerSecond: 0.5, of: 'key' },
  rateLimitReset: 'nextCall',
  errorCode: '/id',
  faults: [
    { codes: ['too_many_requests'], means: 'throttled', source: ERRORS },
    { codes: ['unauthorized'], means: 'key', source: ERRORS },
    { codes: ['forbidden'], means: 'scope', source: ERRORS },
    { codes: ['not_found'], means: 'missing', source: ERRORS },
    { codes: ['server_error', 'service_unavailable'], means: 'unreachable', source: ERRORS },
  ],
  apis: [
    {
      api: 'digitalocean.actions',
      source: 'https://docs.digitalocean.com/reference/api/digitalocean/#tag/Actions',
      one: { path: '/v2/actions/{id}', job: '/action' },
      id: '/id',
      word: '/status',
      words: { 'in-progress': 'running', completed: 'succeeded', errored: 'failed' },
      // Why an action failed is not told.
      detail: {
        operation: '/type',
        resourceId: '/resource_id',
        resourceType: '/resource_type',
        beganAt: '/started_at',
        endedAt: '/completed_at',
      },
    },
  ],
};
