import type { DeclaredCloud } from './declaration.ts';

const ERRORS = 'https://docs.hetzner.cloud/reference/cloud#errors';

/**
 * Hetzner Cloud. A token is of one project, and its right to read is enough. 3600 calls an hour, of which one comes back
 * each second; how many of them may be of actions is not published. https://docs.hetzner.cloud/reference/cloud
 */
export const HETZNER: DeclaredCloud = {
  name: 'hetzner',
  origin: 'https://api.hetzner.cloud',
  // 64 letters and digits without a beginning of their own.
  keyShapes: [],
  callsAtOnce: 2,
  pace: { callsPerSecond: 0.5, of: 'key' },
  rateLimitReset: 'wholeLimit',
  errorCode: '/error/code',
  faults: [
    { codes: ['rate_limit_exceeded'], means: 'throttled', source: ERRORS },
    { codes: ['unauthorized'], means: 'key', source: ERRORS },
    { codes: ['forbidden'], means: 'scope', source: ERRORS },
    { codes: ['not_found'], means: 'missing', source: ERRORS },
    {
      codes: [
        'service_error',
        'server_error',
        'bad_gateway',
        'timeout',
        'maintenance',
        'unavailable',
        'robot_unavailable',
      ],
      means: 'unreachable',
      source: ERRORS,
    },
    { codes: ['conflict', 'locked'], means: 'unreachable', source: ERRORS },
    { codes: ['invalid_input'], means: 'malformed', source: ERRORS },
    {
      codes: ['json_error', 'deprecated_api_endpoint', 'unsupported_error'],
      means: 'malformed',
      isOfAll: true,
      source: ERRORS,
    },
  ],
  apis: [
    {
      api: 'hetzner.actions',
      source: 'https://docs.hetzner.cloud/reference/cloud#tag/actions',
      one: { path: '/v1/actions/{id}', job: '/action' },
      many: {
        path: '/v1/actions',
        idParameter: 'id',
        // As many as Hetzner's own client asks for: https://github.com/hetznercloud/hcloud-go
        idsMax: 25,
        pageSize: { parameter: 'per_page', jobs: 50 },
        jobs: '/actions',
        nextPage: '/meta/pagination/next_page',
      },
      id: '/id',
      word: '/status',
      words: { running: 'running', success: 'succeeded', error: 'failed' },
      detail: {
        operation: '/command',
        resourceId: '/resources/0/id',
        resourceType: '/resources/0/type',
        beganAt: '/started',
        endedAt: '/finished',
        error: { code: '/error/code', message: '/error/message' },
      },
    },
  ],
};
