import { expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { START_MS } from '../fakes/clock.ts';
import { GOOD_HEALTH, makeWorld, type Reply } from './world.ts';

const since = toIso(START_MS - 60_000);
const DENIED = { ...GOOD_HEALTH, deniedAccounts: [{ account: 'huawei', since }] };
const denial = {
  what: 'key',
  scope: null,
  since,
  reason: 'APIGW.0301: Incorrect IAM authentication',
  nextTryAt: since,
};
const account = { account: 'huawei', since, jobsWaiting: 3, denials: [denial], denialsTotal: 1 };
const counted = { counts: [], isWhole: true };
const overview = { at: since, since, open: counted, recent: counted, endedBadly: [] };

const answering = (reply: Reply) =>
  makeWorld({
    server: ({ path }) =>
      path === '/v1/health'
        ? { status: 200, body: DENIED }
        : path === '/v1/overview'
          ? reply
          : { status: 200, body: { jobs: [] } },
  });

const ADVICE = '; "jobwatch account check NAME --stage STAGE --region REGION" tries it\n';

test.each<[string, object, string]>([
  ['', {}, '(APIGW.0301: Incorrect IAM authentication; 3 jobs wait)'],
  [' and one job', { jobsWaiting: 1 }, '(APIGW.0301: Incorrect IAM authentication; 1 job waits)'],
  [' and others', { denialsTotal: 4 }, '(APIGW.0301: Incorrect IAM authentication, and 3 more; 3 jobs wait)'],
])('doctor says why an account is denied, and who waits for it%s', async (_, fields, said) => {
  const body = { ...overview, deniedAccounts: [{ ...account, ...fields }], deniedAccountsTotal: 1 };
  const { code, stdout } = await answering({ status: 200, body }).run('doctor');
  expect([code, stdout]).toEqual([1, expect.stringContaining(`denied: "huawei" for 1m 00s ${said}${ADVICE}`)]);
});

test.each<[string, Reply]>([
  ['a jobwatch that does not tell', { status: 200, body: overview }],
  ['one that could not read it', { status: 200, body: { ...overview, deniedAccounts: null } }],
  ['a token that may not read', { status: 403, body: { detail: 'The token does not have the scope "read".' } }],
])('doctor names the account where the reason is not to be had: %s', async (_, reply) => {
  const { code, stdout } = await answering(reply).run('doctor');
  expect([code, stdout]).toEqual([1, expect.stringContaining(`denied: "huawei" for 1m 00s${ADVICE}`)]);
});
