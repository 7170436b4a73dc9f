import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventLine } from '../../lib/events/line.ts';
import { sampleEvent } from '../../lib/events/sample.ts';
import { EVENT_TYPES } from '../../lib/events/types.ts';

const COMMON = { id: 'evt_a', at: '2026-11-20T10:39:03.000Z', subscription: 'sub_a', labels: { team: 'net' } };

test('a failed job says when, what, why and whose', () => {
  expect(eventLine(sampleEvent('dev', { ...COMMON, type: 'jobwatch.job.failed' }))).toBe(
    '10:39:03  job.failed  ef6da45b-0000-4000-8000-000000000000  huawei.elb.v3  (FAIL)  ' +
      'ELB.8907: This is a sample made by jobwatch; no job has changed.  sample=jobwatch team=net',
  );
});

test.each(EVENT_TYPES)('%s is one line that begins with time and type', (type) => {
  const line = eventLine(sampleEvent('dev', { ...COMMON, type }));
  expect(line.startsWith(`10:39:03  ${type.slice('jobwatch.'.length)}  `)).toBe(true);
  expect(line).not.toMatch(/undefined|null|\n|\{/);
});

test('what a terminal would obey is not in it', () => {
  expect(eventLine({ type: 'a\u001b[31mb', subject: 'c\nd\u202ee', data: {} })).toBe('--:--:--  a [31mb  c d e');
});

test('any value makes a line', () => {
  fc.assert(fc.property(fc.anything(), (value) => typeof eventLine(value) === 'string'));
});
