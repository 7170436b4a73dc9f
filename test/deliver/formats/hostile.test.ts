import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toIso } from '../../../lib/base/time.ts';
import { cut, neutral, utf8Bytes } from '../../../lib/deliver/formats/text.ts';
import { makeWebhook } from '../../../lib/deliver/sinks/webhook.ts';
import { sampleEvent } from '../../../lib/events/sample.ts';
import { FAKES, MENTIONS, ROBOT_URLS, type Robot } from '../../fakes/robots.ts';
import { memorySecrets } from '../../fakes/secrets.ts';
import { aSubscription } from '../../fakes/subscriptions.ts';
import { START_MS } from '../../fakes/webhook-world.ts';

/** Goal: whatever labels, ids and vendors say, nobody is called, nothing is marked up, and no message is refused. */
const MENTION_WORDS = [
  '@all',
  '@everyone',
  '@channel',
  '@here',
  '@13800138000',
  '<at user_id="all"></at>',
  '<at id=all></at>',
  '<AT user_id="ou_1">x</AT>',
  '<@all>',
  '<@U024BE7LH>',
  '<!channel>',
  '<!here|here>',
  '<!subteam^S1>',
  '<#C024BE7LR>',
  '< @all>',
  '＜@all>',
  '&lt;!channel&gt;',
  '&#60;at user_id="all"&#62;',
  '\\u003c!channel\\u003e',
  '%3C!channel%3E',
];
const MARKUP_WORDS = [
  '[click](https://evil.example)',
  'a) **bold** ~~s~~ _it_ (b',
  "it's (well) *known*!",
  '![x](https://evil.example/x.png)',
  '**bold**',
  '__bold__',
  '_it_',
  '~~s~~',
  '`code`',
  '```\nblock\n```',
  '# heading',
  '> quote',
  '- item',
  '| a | b |',
  '<font color="warning">x</font>',
  '<a href="x">x</a>',
  '<https://evil.example|bank>',
  'https://evil.example',
  ':rotating_light:',
  ':OK:',
  '<script>',
  '\n\n# new',
  '\r\n> q',
  '{"errcode":0}',
  '"}],"at":{"isAtAll":true}',
  '\\*',
  '\\',
  '\u2028# x',
  '\u0000',
  '\u001b[31m',
  '\ud800',
  '\udfff',
];
const DIRECTION = [
  '\u202emoc.live',
  '\u2066\u2067x',
  '\u200fx\u200e',
  '\u061c',
  '\ufeff\u200b\u2060',
  '\u{e0041}\u{e007f}',
];
const LONG = [
  'x'.repeat(65_536),
  '界'.repeat(21_845),
  '👨‍👩‍👧‍👦'.repeat(3000),
  '🇩🇪'.repeat(8000),
  `e${'\u0301'.repeat(32_000)}`,
  '<@all>'.repeat(10_000),
  '@'.repeat(65_536),
  '"'.repeat(65_536),
  '\\'.repeat(65_536),
  '&'.repeat(20_000),
  `${'x'.repeat(297)}👨‍👩‍👧‍👦`,
  `${'x'.repeat(1196)}🇩🇪🇩🇪`,
];
const SHORT = [...MENTION_WORDS, ...MARKUP_WORDS, ...DIRECTION];
const HOSTILE = [
  ...SHORT.flatMap((one, at) => [one, `${one}${SHORT[(at * 7 + 3) % SHORT.length] ?? ''}`, `a ${one} b`, `x${one}`]),
  ...SHORT.map((one) => one.toUpperCase()),
  ...LONG,
  ...LONG.map((one) => `x${one}`),
];

function eventWith(text: string): string {
  const at = toIso(START_MS);
  const event = sampleEvent('test', { id: 'evt_1', type: 'jobwatch.job.failed', at, subscription: 's', labels: {} });
  const data = event.data as { job: object };
  const labels = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`k${index}${text.slice(0, 60)}`, text]));
  const job = { ...data.job, jobId: text, resourceId: text, operation: text, region: text, account: text, labels };
  return JSON.stringify({ ...event, data: { ...data, job, error: { code: text, message: text } } });
}

/** The same text wherever a group has one, as an id no longer than ids may be. */
function groupEventWith(text: string): string {
  const at = toIso(START_MS);
  const sample = { id: 'evt_1', type: 'jobwatch.group.completed', at, subscription: 's', labels: {} } as const;
  const event = sampleEvent('test', sample);
  const data = event.data as { badEnds: readonly object[] };
  const badEnds = Array.from({ length: 2 }, () => ({
    ...data.badEnds[0],
    jobId: text,
    error: { code: text, message: text },
  }));
  const id = text.slice(0, 256).toWellFormed();
  return JSON.stringify({ ...event, data: { ...data, group: { id, size: 3, labels: { [text]: text } }, badEnds } });
}

/** What was marked up beside jobwatch's own marks: those are taken away first, and its own link. */
function markupIn(format: Robot, text: string): string | null {
  const OWN: Readonly<Record<Robot, readonly RegExp[]>> = {
    dingtalk: [
      /^### (?=jobwatch: )/,
      /^- \*\*[^*]+:\*\* /gm,
      /\[Open in jobwatch\]\(https:\/\/jobwatch\.example\/[^)]*\)/,
      /^- (?=… and more$)/m,
    ],
    feishu: [/^\*\*[^*]+:\*\* /gm, /\[Open in jobwatch\]\(https:\/\/jobwatch\.example\/[^)]*\)/],
    wecom: [
      /^\*\*<font color="warning">(?=jobwatch: )/,
      /<\/font>\*\*$/m,
      /^> (<font color="comment">[^<]+:<\/font> |(?=… and more$))/gm,
      /\[Open in jobwatch\]\(https:\/\/jobwatch\.example\/[^)]*\)/,
    ],
    slack: [/^\*[^*]+:\* /gm, /<https:\/\/jobwatch\.example\/[^|>]*\|Open in jobwatch>/],
  };
  const left = OWN[format].reduce((before, own) => before.replace(own, ''), text);
  return (
    /[<>[\]*`~\\&|]|:\/\/|^\s*(#|- |>|\d+\.)|(?<![\p{L}\p{N}])_|[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\p{Cc}]/mu.exec(
      left.replaceAll('\n', ''),
    )?.[0] ?? null
  );
}

describe.each(Object.keys(FAKES) as Robot[])('%s', (format) => {
  test.each([
    ['a job', eventWith],
    ['a group', groupEventWith],
  ])(`is told ${HOSTILE.length} hostile texts of %s without a mention, markup or refusal`, async (_, eventOf) => {
    const mentions: string[] = [];
    const markup: string[] = [];
    const refused: string[] = [];
    const halves: string[] = [];
    for (const hostile of HOSTILE) {
      const robot = FAKES[format]();
      const webhook = makeWebhook({
        send: async (request) => robot.answer(request, START_MS),
        secrets: memorySecrets({ sub_a: { current: null, previous: null, url: ROBOT_URLS[format] } }),
        clock: () => START_MS,
        checkUrl: () => [],
        consoleUrl: 'https://jobwatch.example',
      });
      const event = { id: 'evt_1', json: eventOf(hostile), attempt: 1 };
      const { kind } = await webhook.send(aSubscription({ format }), event);
      const shown = hostile.slice(0, 40);
      if (kind !== 'delivered') refused.push(`${shown}: ${robot.refused[0]?.why}`);
      for (const text of robot.shown[0]?.texts ?? []) {
        if (MENTIONS[format].test(text)) mentions.push(shown);
        const found = markupIn(format, text);
        if (found !== null) markup.push(`${shown}: ${found}`);
        if (!text.isWellFormed() || text.includes('\ufffd…')) halves.push(shown);
      }
    }
    expect(HOSTILE.length).toBeGreaterThanOrEqual(300);
    expect({ refused, mentions, markup, halves }).toEqual({ refused: [], mentions: [], markup: [], halves: [] });
  });
});

test('a colon before a million letters is read once', () => {
  const text = `:${'a'.repeat(1_000_000)}`;
  expect(neutral(text)).toBe(text);
});

describe('a cut', () => {
  const graphemes = (text: string) => [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);

  test('falls between characters as people see them', () => {
    expect(cut('abcdef', 6)).toBe('abcdef');
    expect(cut('abcdefg', 6)).toBe('abc…');
    expect(cut('界界界', 8)).toBe('界…');
    expect(cut('x👨‍👩‍👧‍👦y', 20)).toBe('x…');
    expect(cut('🇩🇪🇩🇪', 15)).toBe('🇩🇪…');
  });

  test('leaves whole characters and room for no byte too many', () => {
    const letters = fc.array(fc.constantFrom('a', 'é', 'e\u0301', '界', '👩‍💻', '🇩🇪', '𝒳', ' '), { maxLength: 60 });
    fc.assert(
      fc.property(letters, fc.integer({ min: 30, max: 120 }), (parts, maxBytes) => {
        const text = parts.join('');
        const kept = cut(text, maxBytes);
        expect(utf8Bytes(kept)).toBeLessThanOrEqual(maxBytes);
        if (kept === text) return;
        expect(kept.endsWith('…')).toBe(true);
        const whole = graphemes(text);
        const left = graphemes(kept.slice(0, -1));
        expect(whole.slice(0, left.length)).toEqual(left);
      }),
    );
  });

  test('of one endless character falls between its code points', () => {
    const endless = `e${'\u0301'.repeat(1000)}`;
    expect(utf8Bytes(cut(endless, 100))).toBeLessThanOrEqual(100);
    expect(cut(endless, 100).isWellFormed()).toBe(true);
  });
});

test.each([
  ['job_1-a.b/c', 'job_1-a.b/c'],
  ['2026-11-20T10:00:00Z', '2026-11-20T10:00:00Z'],
  ['a_b_c', 'a_b_c'],
  ['_a_', '＿a＿'],
  ['ops@example.com', 'ops＠example.com'],
  ['see https://x.example', 'see https：//x.example'],
  [' a\r\n\tb ', 'a b'],
  ['👩‍💻', '👩‍💻'],
])('%j reads as %j', (text, wanted) => {
  expect(neutral(text)).toBe(wanted);
});
