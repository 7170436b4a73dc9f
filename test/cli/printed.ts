import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import * as builders from '../../console/data/commands.ts';
import { nextSteps } from '../../local/introduction.ts';
import { aListedJob } from '../console/jobs.ts';

/** Every command that jobwatch prints, wherever it does. */

const ROOT = join(import.meta.dirname, '../..');

export interface Printed {
  /** `docs/cli.md`, `console`, `help`. */
  readonly place: string;
  /** The words after `jobwatch`, as a shell would split them. */
  readonly words: readonly string[];
  readonly text: string;
}

const NAME = String.raw`(?:node \S*jobwatch\.mjs|npx jobwatch|jobwatch)`;

function filesBelow(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export const DOCUMENTS = [
  ...filesBelow('docs', /\.md$/),
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'action/README.md', 'examples/README.md'],
  ...filesBelow('.github', /\.(md|yml)$/),
  ...filesBelow('examples', /(\.yml|Jenkinsfile)$/),
];
/** What holds texts for people: errors, alarms, pages. */
export const SOURCES = [
  ...['cli', 'action', 'client', 'console', 'lib', 'local', 'scripts', 'functions', 'bench'].flatMap((folder) =>
    filesBelow(folder, /\.(tsx?|mjs)$/),
  ),
  ...filesBelow('resources', /\.yml$/),
  'serverless.yml',
];

/** In fences every line where a command begins; elsewhere what stands in backticks. */
export function inDocument(path: string): readonly Printed[] {
  const text = textOf(path);
  const fences = [...text.matchAll(/^( *)```.*\n([\s\S]*?)^\1```/gm)].map(([, , inner = '']) => inner);
  const prose = text.replace(/^( *)```.*\n[\s\S]*?^\1```/gm, '');
  const inline = [...prose.matchAll(new RegExp(`\`(?:\\$ )?(${NAME} [^\`]+)\``, 'g'))].map(([, line = '']) => line);
  const own = path === 'docs/cli.md' ? shortForms(prose) : [];
  // A pipeline is code from its first line to its last.
  const code = path.endsWith('.md') ? fences : [text];
  return [...code.flatMap((fence) => commandLines(fence)), ...inline, ...own].map((line) => printed(path, line));
}

/** docs/cli.md leaves out the name in its tables: `subs rm SUB`. */
function shortForms(prose: string): readonly string[] {
  const known =
    /^(submit|wait|ls|show|stop|subs|deliveries|redeliver|listen|init|token|account|doctor|queues|redrive|open|validate|completion) \S/;
  return [...prose.matchAll(/`([^`\n]+)`/g)]
    .map(([, text = '']) => text)
    .filter((text) => known.test(text))
    .map((text) => `jobwatch ${text.replace(/[[\]]/g, '')}`);
}

function commandLines(fence: string): readonly string[] {
  const joined = fence.replace(/\\\n\s*/g, ' ').replace(/\n\s+(?=--)/g, ' ');
  const begin = new RegExp(`(?:^|[|;&(]|\\$ |- |run:)\\s*(${NAME} .*)$`);
  return joined.split('\n').flatMap((line) => begin.exec(line)?.[1] ?? []);
}

/** Quoted in the text of a source: `"jobwatch doctor"`, `“jobwatch …”`, `<code>jobwatch …</code>`. */
export function inSource(path: string): readonly Printed[] {
  const found = textOf(path).matchAll(/(?:"|“|<code>|`)(jobwatch [a-z][^"”<`]*)(?:"|”|<\/code>|`)/g);
  return (
    [...found]
      // In a template a backtick is escaped.
      .map(([, line = '']) => line.replace(/\\$/, ''))
      .filter(isCommand)
      .map((line) => printed(path, line))
  );
}

/** A sentence that begins with the name is none; what is put together from words is looked at where it is whole. */
function isCommand(line: string): boolean {
  return (
    !/^jobwatch \w+ \$\{name\}/.test(line) &&
    !/^jobwatch (is|at|has|keeps|failed|answers|does|gives|runs|can|needs|listen$)\b/.test(line)
  );
}

/** What the console's builders make, of each of them. */
function made() {
  const origin = 'https://jobwatch.example';
  const message = {
    api: 'huawei.elb.v3',
    region: 'eu-de',
    projectId: 'p',
    account: 'h',
    labels: { a: 'b c' },
    jobId: 'j',
  };
  const all = {
    jobCommands: [{}, { phase: 'lost', labels: { a: 'b c' } }].flatMap((fields) =>
      builders.jobCommands(origin, aListedJob(1, '-j', { api: 'alibaba.nlb', ...fields })),
    ),
    subscriptionCommands: builders.subscriptionCommands(origin, 'sub_a', '2026-11-20T10:00:00.000Z'),
    deliveryCommands: builders.deliveryCommands(origin, 'sub_a', 'evt_a'),
    subscribeCommand: [builders.subscribeCommand(origin)],
    submitCommand: [message, { ...message, timeoutSeconds: 60 }, { ...message, jobId: '-j' }].map((one) =>
      builders.submitCommand(origin, one),
    ),
    accountCommands: [null, 'huawei.elb.v3/h/eu-de/p'].flatMap((scope) =>
      builders.accountCommands('h', scope).map(({ cli }) => ({ cli, curl: '' })),
    ),
    TOKEN_COMMAND: [{ cli: builders.TOKEN_COMMAND, curl: '' }],
    REDRIVE_COMMANDS: Object.values(builders.REDRIVE_COMMANDS).map((cli) => ({ cli, curl: '' })),
  };
  const missing = Object.keys(builders).filter((name) => /command/i.test(name) && !(name in all));
  if (missing.length > 0) throw new Error(`Nobody looks at what ${missing.join(', ')} prints.`);
  return Object.values(all).flat();
}

export function inConsole(): readonly Printed[] {
  return made()
    .flatMap(({ cli }) => cli ?? [])
    .map((line) => printed('console', line));
}

/** What a `curl` of the console, or of `npm start`, asks the API. */
export interface Asked {
  readonly text: string;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export function curls(): readonly Asked[] {
  const lines = [...made().map(({ curl }) => curl), ...introduced().filter((line) => line.startsWith('curl '))];
  return lines.filter((line) => line !== '').map(asked);
}

function asked(text: string): Asked {
  const words = [...text.replace(/\\\n/g, ' ').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  );
  const after = (option: string) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
  const data = after('-d');
  const url = words.find((word) => word.includes('/v1/')) ?? '';
  return {
    text,
    method: after('-X') ?? (data === undefined ? 'GET' : 'POST'),
    path: url.slice(url.indexOf('/v1/')),
    body: data === undefined ? undefined : JSON.parse(data),
  };
}

/** What `npm start` tells to try next. */
function introduced(): readonly string[] {
  const url = 'http://127.0.0.1:4000';
  const urls = { apiUrl: url, simulatorUrl: url, receiverUrl: url, printUrl: `${url}/print`, sqsUrl: url };
  const steps = nextSteps({
    ...urls,
    token: 'jw_a',
    pendingQueue: `${url}/q`,
    engines: '',
    jobId: 'a-b',
    node: 'node',
    cliFile: 'f',
    messageFile: 'm',
  });
  return steps.map((line) => line.trim());
}

export function inIntroduction(): readonly Printed[] {
  const commands = introduced().filter((line) => line.startsWith('jobwatch '));
  if (commands.length < 5) throw new Error('npm start names fewer commands than it should.');
  return commands.map((line) => printed('npm start', line));
}

/** The examples of every help text. */
export function inHelp(program: Command): readonly Printed[] {
  const helpOf = (command: Command): string => {
    const parts: string[] = [];
    command.configureOutput({ writeOut: (part) => void parts.push(part) }).outputHelp();
    return [...parts, ...command.commands.map(helpOf)].join('\n');
  };
  return commandLines(helpOf(program)).map((line) => printed('help', line));
}

function printed(place: string, line: string): Printed {
  const command = line.replace(/^.*?\| *(?=jobwatch)/, '').replace(new RegExp(`^${NAME} `), '');
  return { place, text: line, words: filled(shellWords(command)) };
}

/** As a shell splits them, up to where another command, a comment or a redirection begins. */
function shellWords(line: string): readonly string[] {
  const plain = line.replace(/\$\{[^}]*\}|\$\([^)]*\)|\$\w+/g, 'x').replace(/<(\w+)>/g, '$1');
  const words: string[] = [];
  for (const [token] of plain.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"|;&<>)])+|[|;&<>)]/g)) {
    if (/^[|;&<>)#]/.test(token)) break;
    words.push(token.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return words;
}

/** Placeholders as values of the kind that they stand for. */
function filled(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    const option = words[index - 1];
    if (option === '--scopes' && word === '…') return 'read';
    if (option === '--type' && word === '…') return 'jobwatch.test';
    // Nobody else may use the port of a test.
    if (option === '--port') return '0';
    if (option === '--count') return '1';
    if (word === 'URL') return 'https://jobwatch.example';
    if (/^[A-Z][A-Z_…]+$/.test(word)) return word.toLowerCase().replaceAll('…', '');
    return word.replaceAll('…', 'x');
  });
}
