import { describe, expect, test } from 'vitest';
import { vendorPageOf } from '../../console/data/vendor-console.ts';
import { filtersOf } from '../../console/jobs/filters.ts';
import { filtersIn, VIEWS_MAX, viewOf, viewsIn, withView } from '../../console/jobs/views.ts';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import { aListedJob } from './jobs.ts';

test('a job leads to the page of its load balancer at the vendor, or of all of them, or nowhere', () => {
  const apis = [...API_FACTS.values()];
  const urlOf = (api: string, resourceId: string | null) => {
    const job = aListedJob(1, 'j', { api });
    return vendorPageOf({ ...job, detail: { ...job.detail, resourceId } }, apis)?.url;
  };
  const albs = 'https://slb.console.aliyun.com/alb/cn-hangzhou/albs';
  expect(urlOf('alibaba.alb', 'alb-o8mszt3oi7')).toBe(`${albs}/alb-o8mszt3oi7`);
  expect(urlOf('alibaba.alb', 'lsr-bp1bpn0kn908w4nbw')).toBe(albs);
  expect(urlOf('alibaba.alb', 'alb-a/../../x')).toBe(albs);
  expect(urlOf('alibaba.nlb', null)).toBe('https://slb.console.aliyun.com/nlb/cn-hangzhou/nlbs');
  expect(urlOf('huawei.elb.v3', 'alb-a')).toBeUndefined();
  for (const { vendorConsole } of apis) if (vendorConsole) expect(vendorConsole.list).toMatch(/^https:\/\//);
});

describe('saved views', () => {
  const nowMs = Date.parse('2026-11-21T10:00:00.000Z');
  const filters = (query: string) => filtersOf(new URLSearchParams(query));

  test('give the same filters again, and the same span from the moment they are opened', () => {
    const chosen = filters('phase=failed,lost&api=alibaba.alb&label=a%3Db&label=c%3Dd&since=2026-11-20T09:55:00.000Z');
    const view = viewOf(' net ', chosen, nowMs);
    expect(view).toMatchObject({ name: 'net', hours: 24 });
    const opened = filtersIn(view, nowMs + 48 * 3_600_000);
    expect(opened).toEqual({ ...chosen, since: '2026-11-22T10:00:00.000Z' });
    expect(filtersIn(viewOf('open', filters('open=1'), nowMs), nowMs)).toEqual(filters('open=1'));
  });

  test('stay in order, each name once, and up to twenty', () => {
    const view = (name: string) => viewOf(name, filters('open=1'), nowMs);
    expect(withView([view('b')], view('a'))?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(withView([view('a')], viewOf('a', filters('api=x'), nowMs))).toMatchObject([{ query: 'api=x' }]);
    const full = Array.from({ length: VIEWS_MAX }, (_, index) => view(`v${index}`));
    expect(withView(full, view('one more'))).toBeNull();
    expect(withView(full, view('v0'))).toHaveLength(VIEWS_MAX);
    const long = Array.from({ length: 8 }, (_, index) => `label=${index}%3D${'%C3%A9'.repeat(60)}`).join('&');
    expect(withView([], viewOf('long', filters(long), nowMs))).toHaveLength(1);
  });

  test('are none where something else was written', () => {
    for (const text of [
      null,
      '',
      '{',
      '{}',
      '[{"name":""}]',
      '[{"name":"a","query":"","hours":0.5}]',
      '[{"name":"a","query":"","hours":1e15}]',
    ])
      expect(viewsIn(text)).toEqual([]);
    const view = viewOf('a', filters('open=1'), nowMs);
    expect(viewsIn(JSON.stringify([view]))).toEqual([view]);
  });
});
