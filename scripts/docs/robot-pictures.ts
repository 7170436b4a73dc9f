import { ROBOTS, type RobotName } from '../../lib/deliver/formats/formats.ts';
import { messageOf } from '../../lib/deliver/formats/message.ts';
import type { Language } from '../../lib/deliver/formats/words.ts';
import { sampleEvent } from '../../lib/events/sample.ts';

/** A message of each robot as a group sees it, drawn from what `deliver` really sends: `docs/images/robot-….svg`. */

const AT = '2026-11-20T10:04:11.000Z';
const LANGUAGES: Readonly<Record<RobotName, Language>> = { dingtalk: 'zh', feishu: 'en', wecom: 'zh', slack: 'en' };
const COLORS: Readonly<Record<string, string>> = { red: '#d83931', warning: '#d46b08', plain: '#1f2329' };
const WIDTH = 720;
const LINE = 24;
const LEFT = 28;

interface Drawn {
  readonly title: string;
  readonly color: string;
  readonly isBanner: boolean;
  readonly lines: readonly { readonly name: string; readonly text: string; readonly isLink: boolean }[];
}

export function robotPictures(): ReadonlyMap<string, string> {
  const names = Object.keys(ROBOTS) as RobotName[];
  return new Map(names.map((name) => [`docs/images/robot-${name}.svg`, picture(name)]));
}

function picture(name: RobotName): string {
  const labels = { team: 'network', deployment: 'shop-421' };
  const sample = { id: 'evt_1', type: 'jobwatch.job.failed', at: AT, subscription: 'sub_1', labels } as const;
  const json = JSON.stringify(sampleEvent('prod', sample));
  const message = messageOf(json, { language: LANGUAGES[name], consoleUrl: 'https://jobwatch.example.com' });
  return svg(ROBOTS[name].name, drawnBy[name](ROBOTS[name].render(message)));
}

// biome-ignore lint/suspicious/noExplicitAny: each robot's body is read as that robot reads it.
type Body = any;

const drawnBy: Readonly<Record<RobotName, (body: Body) => Drawn>> = {
  dingtalk: ({ markdown: { text } }) => {
    const [heading = '', ...rest] = text.split('\n');
    return { title: heading.replace(/^### /, ''), color: 'plain', isBanner: false, lines: linesOf(rest) };
  },
  feishu: ({ card: { header, body } }) => ({
    title: header.title.content,
    color: header.template,
    isBanner: true,
    lines: linesOf(body.elements[0].content.split('\n')),
  }),
  wecom: ({ markdown: { content } }) => {
    const [heading = '', ...rest] = content.split('\n');
    const [, color = 'plain', title = ''] = /^\*\*<font color="(\w+)">(.*)<\/font>\*\*$/.exec(heading) ?? [];
    return { title, color, isBanner: false, lines: linesOf(rest) };
  },
  slack: ({ blocks: [header, section] }) => ({
    title: header.text.text,
    color: 'plain',
    isBanner: false,
    lines: linesOf(section.text.text.split('\n')),
  }),
};

/** The few marks that the formats write. */
function linesOf(texts: readonly string[]): Drawn['lines'] {
  return texts
    .filter((text) => text !== '')
    .map((text) => {
      const link = /^\[(.*)\]\(.*\)$/.exec(text) ?? /^<.*\|(.*)>$/.exec(text);
      if (link !== null) return { name: '', text: link[1] ?? '', isLink: true };
      const plain = text.replace(/^(- |> )/, '');
      const named =
        /^\*{1,2}([^*]+:)\*{1,2} (.*)$/.exec(plain) ?? /^<font color="comment">(.*:)<\/font> (.*)$/.exec(plain);
      return { name: named?.[1] ?? '', text: named?.[2] ?? plain, isLink: false };
    });
}

function svg(robot: string, { title, color, isBanner, lines }: Drawn): string {
  const height = 124 + lines.length * LINE;
  const ink = COLORS[color] ?? '#1f2329';
  const banner = `<path d="M20 52a8 8 0 0 1 8-8h664a8 8 0 0 1 8 8v32H20z" fill="${ink}"/>`;
  const text = (x: number, y: number, body: string, more = '') => `<text x="${x}" y="${y}"${more}>${body}</text>`;
  const drawn = lines.map(({ name, text: words, isLink }, at) => {
    const named = name === '' ? '' : `<tspan fill="#646a73">${escaped(name)}</tspan> `;
    return text(LEFT, 108 + at * LINE, `${named}${escaped(words)}`, ` fill="${isLink ? '#1456f0' : '#1f2329'}"`);
  });
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="A message of the ${robot} robot: ${escaped(title)}">`,
    `<style>text{font:14px system-ui,"PingFang SC","Noto Sans SC","Microsoft YaHei",sans-serif;}.t{font-weight:600;font-size:15px}.d{fill:#8f959e;font-size:12px}</style>`,
    `<rect width="${WIDTH}" height="${height}" rx="10" fill="#f2f3f5"/>`,
    text(22, 30, `${robot} · jobwatch`, ' class="d"'),
    `<rect x="20" y="44" width="680" height="${height - 60}" rx="8" fill="#fff" stroke="#dee0e3"/>`,
    ...(isBanner ? [banner] : []),
    text(LEFT, 74, escaped(title), ` class="t" style="fill:${isBanner ? '#fff' : ink}"`),
    ...drawn,
    '</svg>',
  ].join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
