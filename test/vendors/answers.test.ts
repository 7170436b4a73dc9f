import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { NO_MEMORY } from '../../lib/job/judgement.ts';
import type { Phase } from '../../lib/job/phase.ts';
import { aCall, aLab, fixture, json, NOW_MS, only, poll } from './support.ts';

/** What a sample answer of a vendor's documents is read as. */
interface Reading {
  readonly id: string;
  readonly phase: Phase;
  readonly word: string;
  readonly detail: object;
  /** Of a list: another id is asked with it. */
  readonly beside?: string;
}

const HETZNER = {
  id: '42',
  phase: 'running',
  word: 'running',
  // The sample fills in an end and an error while the action runs: neither is told.
  detail: {
    operation: 'start_resource',
    resourceId: '42',
    resourceType: 'server',
    beganAt: '2016-01-30T23:55:00.000Z',
    endedAt: null,
    error: null,
  },
} as const;

const READINGS: Readonly<Record<string, readonly [api: string, Reading]>> = {
  'huawei-evs-running': [
    'huawei.evs',
    {
      id: '4010a32d535527910153552b492c0002',
      phase: 'running',
      word: 'RUNNING',
      detail: {
        operation: 'createVolume',
        resourceId: 'bdf1bb37-f20f-4266-9a04-f43e0a127376',
        resourceType: 'volume',
        endedAt: null,
        error: null,
      },
    },
  ],
  'huawei-ims-import': [
    'huawei.ims',
    {
      id: '9a175ac892fa1342019300224f22218e',
      phase: 'succeeded',
      word: 'SUCCESS',
      detail: { operation: 'imsImportImageJob', resourceId: '431df7fd-a898-4dc0-86b1-22cfefb8a517', subJobs: [] },
    },
  ],
  'huawei-ims-import-ova': [
    'huawei.ims',
    {
      id: '9a175ac892fa13420193006a49173317',
      phase: 'succeeded',
      word: 'SUCCESS',
      detail: {
        endedAt: '2024-11-06T07:49:45.814Z',
        subJobs: [
          {
            jobId: '9a175ac892fa13420193006c29e133f0',
            operation: 'imsImportImageJob',
            status: 'SUCCESS',
            entities: [{ id: 'fc496c19-40c2-4220-8b1a-eba9d53fca7b', type: 'image' }],
          },
        ],
      },
    },
  ],
  'huawei-ims-add-members': [
    'huawei.ims',
    {
      id: '9a175ac692fa12540193002a6d4b2720',
      phase: 'succeeded',
      word: 'SUCCESS',
      detail: { subJobs: [{ jobId: null, status: 'success', resourceId: '30e55148-deb9-4923-adb9-91618de16ba0' }] },
    },
  ],
  'hetzner-action': ['hetzner.actions', HETZNER],
  'hetzner-actions': ['hetzner.actions', { ...HETZNER, beside: '43' }],
  'digitalocean-action': [
    'digitalocean.actions',
    {
      id: '36804636',
      phase: 'succeeded',
      word: 'completed',
      detail: {
        operation: 'create',
        resourceId: '3164444',
        resourceType: 'droplet',
        beganAt: '2020-11-14T16:29:21.000Z',
        endedAt: '2020-11-14T16:30:06.000Z',
        error: null,
      },
    },
  ],
};

test.each(Object.entries(READINGS))('%s is read as its page means it', async (name, [api, reading]) => {
  const { id, beside, phase, word, detail } = reading;
  const lab = aLab([json(fixture(`vendors/answers/${name}.json`))]);
  const { observations } = await poll(lab, aCall(api, beside === undefined ? [id] : [id, beside]));
  const seen = observations.get(id) ?? only({ observations, keyRefusals: 0, keyDoubts: 0, pages: null });
  expect(seen).toMatchObject({ kind: 'status', word, detail });
  if (seen.kind !== 'status') return;
  expect(lab.vendors.get(api)?.judge(seen, NO_MEMORY, NOW_MS).phase).toBe(phase);
  if (beside !== undefined) expect(observations.get(beside)?.kind).toBe('missing');
});

test('each sample names the page that it is from', () => {
  const readme = readFileSync(new URL('../fixtures/vendors/README.md', import.meta.url), 'utf8');
  const sources = readme
    .split('\n')
    .filter((line) => /https:\/\//.test(line))
    .join('\n');
  const files = readdirSync(new URL('../fixtures/vendors/answers', import.meta.url));
  for (const file of files) expect(sources).toContain(`\`${file}\``);
});
