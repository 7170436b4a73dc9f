import { describe, expect, test } from 'vitest';
import { jobIdOf } from '../../lib/job/identity.ts';
import { PHASES } from '../../lib/job/phase.ts';
import { parseWatchMessage } from '../../lib/job/watch-message.ts';
import { ALIBABA_STATUSES } from '../../lib/vendors/alibaba/list-jobs.ts';
import { V1_STATUSES } from '../../lib/vendors/huawei/elb-v1.ts';
import { V3_STATUSES } from '../../lib/vendors/huawei/elb-v3-judge.ts';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import { ALIBABA, aCall, aLab, anAccess, fixture, HUAWEI, json, kinds, PROJECT, poll } from './support.ts';

const GOLDEN_JOB = 'ef6da45b-35d9-4c18-8c35-0b80d94ab9e6';

describe('the registry', () => {
  const lab = aLab([json({})]);

  test('names each api, its cloud and whether it needs a project, without building a client', () => {
    expect([...API_FACTS.values()].slice(0, 4)).toMatchObject([
      { api: 'alibaba.nlb', cloud: 'alibaba', needsProject: false },
      { api: 'alibaba.alb', cloud: 'alibaba', needsProject: false },
      { api: 'huawei.elb.v1', cloud: 'huawei', needsProject: true },
      { api: 'huawei.elb.v3', cloud: 'huawei', needsProject: true },
    ]);
    for (const { api, cloud } of API_FACTS.values()) expect(api.split('.')[0]).toBe(cloud);
  });

  test('leaves every id of a job what it was', () => {
    const golden = Object.entries(fixture('job-ids.json') as Record<string, string>);
    expect(golden.length).toBeGreaterThanOrEqual(24);
    for (const [api, id] of golden) {
      const project = API_FACTS.get(api)?.needsProject === true ? { projectId: PROJECT } : {};
      const parsed = parseWatchMessage({ api, region: 'eu-de', ...project, jobId: GOLDEN_JOB }, API_FACTS);
      expect([api, parsed.ok && jobIdOf(parsed.value)]).toEqual([api, id]);
    }
  });

  test('makes a vendor for each, of the same facts', () => {
    expect([...lab.vendors.keys()]).toEqual([...API_FACTS.keys()]);
    for (const [api, vendor] of lab.vendors) expect(vendor).toMatchObject(API_FACTS.get(api) ?? {});
  });

  test('says how the jobs of each can be polled together', () => {
    const together = [...lab.vendors].filter(([, { grouping }]) => grouping.batchMax + grouping.listPageMax > 0);
    expect(together.map(([api, { grouping }]) => [api, grouping])).toEqual([
      ['alibaba.nlb', { batchMax: 20, listPageMax: 0 }],
      ['alibaba.alb', { batchMax: 20, listPageMax: 0 }],
      ['huawei.elb.v3', { batchMax: 0, listPageMax: 100 }],
      ['tencent.alb', { batchMax: 20, listPageMax: 0 }],
      ['hetzner.actions', { batchMax: 25, listPageMax: 0 }],
    ]);
  });

  test('has status words in lower case only, each with a phase', () => {
    for (const statuses of [ALIBABA_STATUSES, V1_STATUSES, V3_STATUSES]) {
      for (const [word, phase] of statuses) {
        expect(word).toBe(word.toLowerCase());
        expect(PHASES).toContain(phase);
      }
    }
  });

  test.each([...API_FACTS.keys()])('%s makes no request with an account of another cloud', async (api) => {
    const account = api.startsWith('alibaba') ? HUAWEI : ALIBABA;
    const world = aLab([json({})]);
    const result = await poll(world, aCall(api, ['a', 'b']), anAccess(account));
    expect(world.requests).toEqual([]);
    expect([...result.observations.values()]).toMatchObject([{ kind: 'denied', what: 'account' }, { kind: 'denied' }]);
  });

  test.each(['huawei.elb.v1', 'huawei.elb.v3'])('%s makes no request without a project', async (api) => {
    const world = aLab([json({})]);
    const call = aCall(api, ['a']);
    const result = await poll(world, { ...call, scope: { ...call.scope, projectId: null } });
    expect(world.requests).toEqual([]);
    expect(kinds(result)).toEqual({ a: 'malformed' });
  });

  test.each([...API_FACTS.keys()])('%s requests nothing for no ids', async (api) => {
    const world = aLab([json({})]);
    const result = await poll(world, aCall(api, [], { shape: 'batch' }));
    expect(world.requests).toEqual([]);
    expect(result.observations.size).toBe(0);
  });
});
