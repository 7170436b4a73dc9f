import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobIdOf, keyFingerprint, scopeKey, transitionEventId } from '../../lib/job/identity.ts';

const identity = { api: 'huawei.elb.v3', account: 'default', region: 'eu-de', projectId: '7b77', jobId: 'ef6da45b' };

describe('ids', () => {
  it('stay what they are: others compute them too', () => {
    expect(jobIdOf(identity)).toMatchInlineSnapshot(`"job_lhzkunh4h3ezoixdonc2oekalq"`);
    expect(transitionEventId(jobIdOf(identity), 3)).toMatchInlineSnapshot(`"evt_le3ssgvvepeiijsml5lakhqfwo"`);
    expect(scopeKey(identity)).toBe('huawei.elb.v3/default/eu-de/7b77');
    expect(scopeKey({ ...identity, projectId: null })).toBe('huawei.elb.v3/default/eu-de');
  });

  it.each([
    ['alibaba.nlb', null, 'job_advp6jxz22bhpw5q373ols2cs3'],
    ['alibaba.alb', null, 'job_ganp35jc3h5yjvtfz7xzt6o5wj'],
    ['huawei.elb.v1', 'p1', 'job_yf6ltayebtuscr7ptm2uksqpf7'],
    ['huawei.elb.v3', 'p1', 'job_w77b4ttmukrapyqtlyo7cnt3ci'],
  ])('of jobs of %s are what they were when there were four apis', (api, projectId, id) => {
    expect(jobIdOf({ api, account: 'default', region: 'eu-de', projectId, jobId: 'j1' })).toBe(id);
  });

  it('differ whenever any part of the identity differs', () => {
    const part = fc.constantFrom('a', 'b', 'ab', '1:a', '');
    const anyIdentity = fc.record({ api: part, account: part, region: part, projectId: fc.option(part), jobId: part });
    fc.assert(
      fc.property(anyIdentity, anyIdentity, (one, other) => {
        const same =
          JSON.stringify({ ...one, projectId: one.projectId ?? '' }) ===
          JSON.stringify({ ...other, projectId: other.projectId ?? '' });
        expect(jobIdOf(one) === jobIdOf(other)).toBe(same);
      }),
      { numRuns: 2000 },
    );
  });

  it('are safe in a URL and show nothing of a key', () => {
    expect(jobIdOf(identity)).toMatch(/^job_[a-z2-7]{26}$/);
    expect(keyFingerprint('alibaba', 'LTAI-key')).toMatch(/^[a-z2-7]{26}$/);
  });
});
