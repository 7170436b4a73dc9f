import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../cli/input/duration.ts';
import { batchesOf, piecesOf } from '../../cli/input/messages.ts';
import { profilePath, readSettings } from '../../cli/settings.ts';
import { formatDuration } from '../../cli/text/duration.ts';
import { makeOutput } from '../../cli/text/output.ts';
import { makePaint } from '../../cli/text/paint.ts';
import { tableLines } from '../../cli/text/table.ts';
import { cut, safe, widthOf } from '../../cli/text/terminal.ts';
import { verify } from '../../cli/webhooks/verify.ts';
import { isOpen } from '../../client/job.ts';
import { makeSecret, webhookHeaders } from '../../lib/deliver/sinks/webhook-signature.ts';
import { START_MS } from '../fakes/clock.ts';

test.each([
  ['90s', 90_000],
  ['20m', 1_200_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['300', 300_000],
  ['0s', 0],
  ['0', 0],
  ['', null],
  ['1.5h', null],
  ['5x', null],
  ['-5m', null],
  ['m', null],
  ['366d', null],
])('the duration %j is %j ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  [0, '0s'],
  [-5, '0s'],
  [59_400, '59s'],
  [59_600, '1m 00s'],
  [72_000, '1m 12s'],
  [3_780_000, '1h 03m'],
  [187_200_000, '2d 04h'],
])('%i ms are shown as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('cut text is never wider than given, and text that fits stays', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, width) => {
      const short = cut(text, width);
      expect(widthOf(short)).toBeLessThanOrEqual(width);
      if (widthOf(text) <= width) expect(short).toBe(text);
    }),
  );
});

test("strangers' text can not command the terminal", () => {
  expect(safe('a\u001b[2Jb\nc\u009bd\u202ee')).toBe('a [2Jb c d e');
});

test('whatever is printed, a terminal obeys nothing of it but our own colours', () => {
  const hostile = fc.string({
    unit: fc.oneof(fc.string({ minLength: 1, maxLength: 1 }), fc.constantFrom(...CONTROLS)),
  });
  fc.assert(
    fc.property(hostile, fc.boolean(), (text, isTTY) => {
      let printed = '';
      const write = (part: string) => {
        printed += part;
      };
      const sink = { isTTY, columns: 80, rows: 24, write };
      const out = makeOutput(sink, sink, {});
      for (const print of [out.line, out.note]) print(`${out.paint.red('failed')} ${text}`);
      const own = isTTY ? ['\u001b[31mfailed\u001b[39m'] : ['failed'];
      for (const colour of own) printed = printed.replaceAll(colour, '');
      expect(printed).toBe(withoutControls(printed));
      printed = '';
      out.json({ [text]: text });
      out.jsonLine(text);
      expect(printed).toBe(withoutControls(printed));
      const whole = printed.indexOf('\n}\n') + 3;
      expect([JSON.parse(printed.slice(0, whole)), JSON.parse(printed.slice(whole))]).toEqual([{ [text]: text }, text]);
    }),
    { examples: [['\u009b2J\u001b[2J\u202e', true]] },
  );
});

/** What a terminal obeys or turns round. */
const CONTROLS = ['\u0000', '\u0007', '\r', '\u001b', '\u007f', '\u009b', '\u200e', '\u202e', '\u2066', '\u2028'];
const withoutControls = (text: string) => CONTROLS.reduce((left, control) => left.replaceAll(control, ''), text);

test("a GitHub Action's log holds no command that a stranger wrote", () => {
  let printed = '';
  const write = (part: string) => {
    printed += part;
  };
  const out = makeOutput({ write }, { write }, { GITHUB_ACTIONS: 'true' });
  out.line('a ##[add-mask]b');
  out.note('##[set-output name=x]');
  out.json(['##[error]']);
  expect(printed).not.toContain('##[');
  expect(JSON.parse(printed.slice(printed.indexOf('[\n')))).toEqual(['##[error]']);
});

test('a table leaves out whole columns once its cells can not be cut any more', () => {
  const columns = [
    { title: 'id', cell: (row: string) => row },
    { title: 'long', cell: () => 'x'.repeat(40), min: 10 },
    { title: 'first', cell: () => 'yyyy', drop: 2 },
    { title: 'then', cell: () => 'zzzz', drop: 1 },
  ];
  const at = (width: number) => tableLines(columns, ['a'], { width, paint: makePaint(false) });
  expect(at(Infinity)[0]).toMatch(/^id {2}long {36} {2}first {2}then$/);
  expect(at(27)[0]).toMatch(/first {2}then$/);
  expect(at(26)[0]).toMatch(/long +then$/);
  expect(at(14)).toEqual(['id  long', `a   ${'x'.repeat(9)}…`]);
});

describe('settings', () => {
  const profiles = {
    default: { url: 'https://p', tokenFile: '/t', stage: 'dev' },
    other: { url: 'https://o', token: 'jw_o' },
  };
  const path = '/home/me/.config/jobwatch/profiles.json';
  const files: Record<string, string> = { [path]: JSON.stringify(profiles), '/t': 'jw_file\n', '/bad': '' };
  const read = (options: object, env: Record<string, string> = {}) =>
    readSettings(options, { HOME: '/home/me', ...env }, (name) => files[name] ?? null);

  test('options win over the environment, and that over the profile', () => {
    expect(read({})).toMatchObject({ url: 'https://p', token: 'jw_file', stage: 'dev' });
    expect(read({}, { JOBWATCH_URL: 'https://e', JOBWATCH_TOKEN: 'jw_e' })).toMatchObject({
      url: 'https://e',
      token: 'jw_e',
    });
    expect(
      read({ url: 'https://a', tokenFile: '/t' }, { JOBWATCH_URL: 'https://e', JOBWATCH_TOKEN: 'jw_e' }),
    ).toMatchObject({ url: 'https://a', token: 'jw_file' });
    expect(read({}, { JOBWATCH_PROFILE: 'other' })).toMatchObject({ url: 'https://o', token: 'jw_o', stage: null });
    expect(read({}, { HOME: '/nobody' })).toMatchObject({ url: null, token: null, stage: null });
    const padded = read({}, { JOBWATCH_TOKEN: ' jw_padded\n', JOBWATCH_URL: '', JOBWATCH_STAGE: '' });
    expect(padded).toMatchObject({ url: 'https://p', token: 'jw_padded', stage: 'dev' });
  });

  test.each<[object, Record<string, string>, RegExp]>([
    [{ profile: 'third' }, {}, /has no profile "third"; it has default, other\.$/],
    [{ profile: 'x' }, { HOME: '/nobody' }, /no profile "x", since there is no file/],
    [{ tokenFile: '/bad' }, {}, /token file \/bad is missing or empty/],
    [{ profile: 'constructor' }, {}, /has no profile "constructor"/],
    [{}, { JOBWATCH_TOKEN: 'jw_a\njw_b' }, /^JOBWATCH_TOKEN does not look like a token: a token is jw_ and letters/],
    [{ stage: '../x' }, {}, /^The stage \(--stage, JOBWATCH_STAGE\) is/],
  ])('%j with %j is a usage error', (options, env, message) => {
    expect(() => read(options, env)).toThrow(message);
  });

  test('a profile file that is wrong is named with the field', () => {
    const readWith = (text: string) => () => readSettings({}, { HOME: '/home/me' }, () => text);
    expect(readWith('{')).toThrow(/is not JSON/);
    expect(readWith('{"default":{"uri":"x"}}')).toThrow(/default\.uri: expected never/);
  });

  test('the config folder is where the system wants it', () => {
    expect(profilePath({ XDG_CONFIG_HOME: '/x' })).toBe('/x/jobwatch/profiles.json');
    expect(profilePath({ HOME: '/h' })).toBe('/h/.config/jobwatch/profiles.json');
  });
});

test.each([
  ['{"a":1}', ['the message']],
  ['[{"a":1},{"b":2}]', ['entry 1', 'entry 2']],
  ['{"jobs":[1]}', ['entry 1']],
  ['{"a":1}\n\n{"b":2}\n', ['line 1', 'line 3']],
  ['{"a":1}\nnonsense', ['line 1', 'line 2']],
  ['{"a":1}\r\n{"b":2}\r\n', ['line 1', 'line 2']],
  ['{\n  "a": 1,\n}', ['the file']],
  ['[{"a":1,"a":2},{}]', ['the message']],
  ['', []],
])('the file %j holds %j', (text, places) => {
  expect(piecesOf(text).map(({ place }) => place)).toEqual(places);
});

test('batches hold up to 100 messages and less than the API takes, and lose none', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 250 }), (sizes) => {
      const batches = batchesOf(sizes.map((size, index) => ({ index, text: 'x'.repeat(size) })));
      expect(batches.flat().map((one) => (one as { index: number }).index)).toEqual(sizes.map((_, index) => index));
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(100);
        expect(Buffer.byteLength(JSON.stringify({ jobs: batch }))).toBeLessThanOrEqual(256 * 1024);
      }
    }),
    { numRuns: 20 },
  );
});

describe('a delivery', () => {
  const secret = makeSecret((size) => new Uint8Array(size).fill(7));
  const body = '{"type":"jobwatch.test"}';
  const headers = webhookHeaders({
    id: 'evt_1',
    timestampMs: START_MS,
    body,
    secrets: [makeSecret((size) => new Uint8Array(size)), secret],
  });
  const check = (changes: object) => verify({ headers, body, secret, nowMs: START_MS, ...changes });

  test('is good if one of its signatures is', () => {
    expect(check({})).toEqual({ ok: true, event: { type: 'jobwatch.test' } });
    expect(check({ nowMs: START_MS + 300_000 }).ok).toBe(true);
  });

  test.each<[object, RegExp]>([
    [{ body: '{"type":"jobwatch.tesT"}' }, /signature is wrong/],
    [{ secret: null }, /not known yet/],
    [{ nowMs: START_MS + 301_000 }, /more than five minutes/],
    [{ nowMs: START_MS - 301_000 }, /more than five minutes/],
    [{ headers: {} }, /not signed/],
    [{ headers: { ...headers, 'webhook-id': 'evt_2' } }, /signature is wrong/],
    [{ headers: { ...headers, 'webhook-signature': 'v1,' } }, /signature is wrong/],
  ])('with %j is refused', (changes, reason) => {
    expect(check(changes)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

test.each([
  ['部署', 4],
  ['⌚✅⭐', 6],
  ['👩‍🚀', 4],
  ['e\u0301', 1],
  ['ไม่', 2],
  ['❤\ufe0f', 2],
  ['\u200b', 0],
])('%s takes %i columns at most', (text, columns) => {
  expect(widthOf(text)).toBe(columns);
});

test('a job of a phase that is not known here is open until its record says when it ended', () => {
  expect(isOpen({ phase: 'paused', endedAt: null })).toBe(true);
  expect(isOpen({ phase: 'paused', endedAt: '2026-11-20T10:00:00.000Z' })).toBe(false);
});
