import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseWatchBody } from '../../../lib/job/watch-message.ts';
import { parseAccount } from '../../../lib/vendors/account.ts';
import { API_FACTS } from '../../../lib/vendors/registry.ts';
import { SIMULATED } from '../../../local/simulator/clouds.ts';
import { readSampleMessage, SAMPLES, sampleAccounts, sampleScenario } from '../../../local/simulator/samples.ts';
import { parseScenario } from '../../../local/simulator/scenario.ts';
import { JOB_APIS } from '../../../local/simulator/schema.ts';

test('the samples cover every api, with successes and failures', () => {
  for (const api of JOB_APIS) {
    const phases = SAMPLES.filter(({ job }) => job.api === api).map(({ expectedPhase }) => expectedPhase);
    expect(phases).toContain('succeeded');
    expect(phases).toContain('failed');
  }
  expect(SAMPLES.length).toBeGreaterThanOrEqual(13);
  expect(new Set(SAMPLES.map(({ job }) => job.jobId)).size).toBe(SAMPLES.length);
});

test('the scenario of the samples is a good one', () => {
  expect(parseScenario(sampleScenario()).jobs).toHaveLength(SAMPLES.length);
});

test.each(SAMPLES)('the watch message of $name is a good one and about its job', async ({ name, job }) => {
  expect(parseWatchBody(await readSampleMessage(name), API_FACTS)).toMatchObject({
    ok: true,
    value: {
      api: job.api,
      jobId: job.jobId,
      projectId: job.projectId ?? null,
      account: SIMULATED.find(({ samples }) => samples.some((one) => one.name === name))?.sampleAccount.name,
    },
  });
});

test.each(SAMPLES)('$name ends when it says', ({ job, endsAfterSeconds, name }) => {
  const seconds = job.steps.reduce((sum, step) => sum + (step.forSeconds ?? 0), 0);
  expect(seconds).toBe(endsAfterSeconds);
  expect(name === 'alibaba-alb-slow' ? 20 : Math.min(18, Math.max(4, seconds))).toBe(seconds);
});

test('each file in events/ is a sample or the one bad message', async () => {
  const files = await readdir(new URL('../../../events', import.meta.url));
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.replace('.json', ''));
  expect(names.sort()).toEqual([...SAMPLES.map(({ name }) => name), 'bad-message'].sort());
});

test('the bad message is refused for its typo', async () => {
  const parsed = parseWatchBody(await readSampleMessage('bad-message'), API_FACTS);
  expect(parsed.ok).toBe(false);
  expect(JSON.stringify(parsed)).toContain('jobID');
});

test('the accounts of the samples are good ones', () => {
  const accounts = sampleAccounts({ endpointsOf: () => ({}) });
  expect(Object.keys(accounts)).toEqual(SIMULATED.map(({ sampleAccount }) => sampleAccount.name));
  for (const account of Object.values(accounts)) {
    const parsed = parseAccount(JSON.stringify(account), API_FACTS);
    expect(parsed).toMatchObject({ ok: true });
  }
});
