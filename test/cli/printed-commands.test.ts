import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import type { ApiClient } from '../../cli/api/client.ts';
import type { Host } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';
import { CliError, EXIT } from '../../cli/exit.ts';
import { makeProgram, parse } from '../../cli/program.ts';
import { readSettings } from '../../cli/settings.ts';
import { makeOutput } from '../../cli/text/output.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { makeApiWorld } from '../fakes/api-world.ts';
import {
  curls,
  DOCUMENTS,
  inConsole,
  inDocument,
  inHelp,
  inIntroduction,
  inSource,
  type Printed,
  SOURCES,
  textOf,
} from './printed.ts';

/**
 * Goal: whoever copies a command that jobwatch prints gets what it promises. Method: each is run by the real program,
 * in a world that ends at its first request. A command that gets so far has all that it needs.
 */
class Reached extends Error {}

const ENV = {
  JOBWATCH_URL: 'https://jobwatch.example',
  JOBWATCH_TOKEN: 'jw_good',
  HOME: '/home/me',
  TASK_TOKEN: 'task',
};
const PROFILES = JSON.stringify({ staging: { url: ENV.JOBWATCH_URL } });
const MESSAGE = '{"api":"alibaba.nlb","region":"cn-hangzhou","jobId":"a"}';
const EXPORT = '{"format":1,"jobs":[],"subscriptions":[]}';
const ACCOUNT = '{"vendor":"alibaba","accessKeyId":"a","accessKeySecret":"b"}';

const reached = async (): Promise<never> => {
  throw new Reached();
};
const silent = { write: () => undefined };

function contextOf(options: Parameters<typeof readSettings>[0], words: readonly string[]): Context {
  const client: ApiClient = { url: ENV.JOBWATCH_URL, call: reached, aheadMs: () => 0 };
  return {
    env: ENV,
    out: makeOutput(silent, silent, ENV),
    json: options.json === true,
    settings: readSettings(options, ENV, (path) => (path.endsWith('profiles.json') ? PROFILES : 'jw_good')),
    clock: Date.now,
    ticker: () => 0,
    sleep: reached,
    signal: new AbortController().signal,
    readText: async () => ({ account: ACCOUNT, import: EXPORT })[words[0] ?? ''] ?? MESSAGE,
    randomId: () => 'id',
    randomBytes: (size) => new Uint8Array(size),
    writeSecret: () => () => undefined,
    saveSecret: () => undefined,
    fetch: reached,
    openUrl: reached,
    ask: async () => null,
    profileFile: {
      path: '/home/me/profiles.json',
      read: () => null,
      readOther: (path) => (path.includes('token') ? 'jw_good' : null),
      save: () => undefined,
    },
    connect: () => client,
    client,
    lastClient: client,
    aws: async () => ({ get: reached, put: reached, below: reached, submit: reached, redrive: reached }),
    folder: () => {
      throw new Reached();
    },
  };
}

function program(host: Host, say: (text: string) => void = () => undefined): Command {
  return makeProgram(host, { writeOut: () => undefined, writeErr: say, columns: 1000 });
}

/** What is wrong with the command; null: nothing. */
async function faultOf(words: readonly string[]): Promise<string | null> {
  let said = '';
  let fault: string | null = null;
  const host: Host = async (options, work) => {
    try {
      await work(contextOf(options, words));
    } catch (error) {
      if (error instanceof CliError && error.exitCode === EXIT.usage) fault = error.message;
      else if (!(error instanceof Reached || error instanceof CliError)) throw error;
    }
  };
  const code = await parse(
    program(host, (text) => {
      said += text;
    }),
    words,
  );
  return code === null || code === EXIT.ok ? fault : said;
}

/** Only named, in a sentence: `jobwatch wait`, `submit --queue-url`. */
function isName(words: readonly string[]): boolean {
  let here: Command | undefined = program(async () => undefined);
  for (const word of words.filter((one) => !one.startsWith('-')))
    here = here?.commands.find((one) => one.name() === word);
  const options = words.filter((one) => one.startsWith('-'));
  return here !== undefined && options.every((option) => here.options.some(({ long }) => long === option));
}

const printed: readonly Printed[] = [
  ...inConsole(),
  ...inIntroduction(),
  ...inHelp(program(async () => undefined)),
  ...DOCUMENTS.flatMap(inDocument),
  ...SOURCES.flatMap(inSource),
];
const isInSentence = ({ place, text }: Printed) =>
  !['console', 'help', 'npm start'].includes(place) && !text.includes('\n');
const counts = [...Map.groupBy(printed, ({ place }) => (/^docs|\.md$/.test(place) ? 'documents' : place.split('/')[0]))]
  .map(([place, all]) => `${all.length} in ${place}`)
  .join(', ');

describe('what jobwatch prints', () => {
  test(`all ${printed.length} commands are taken by the program: ${counts}`, async () => {
    const wrong: string[] = [];
    for (const one of printed) {
      if (isInSentence(one) && isName(one.words)) continue;
      const fault = await faultOf(one.words);
      if (fault !== null) wrong.push(`${one.place}: ${one.text}\n    ${fault.trim().split('\n')[0]}`);
    }
    expect(wrong).toEqual([]);
    expect(printed.length).toBeGreaterThan(150);
  });

  const asked = curls();
  test(`all ${asked.length} curl commands of the console and of npm start are taken by the API`, async () => {
    const { request } = makeApiWorld();
    const { paths } = (await request('GET', '/v1/openapi.json')).body as { paths: Record<string, object> };
    const isRoute = (method: string, path: string) =>
      Object.entries(paths).some(
        ([known, methods]) =>
          new RegExp(`^${known.replace(/\{\w+\}/g, '[^/]+')}$`).test(path) && method.toLowerCase() in methods,
      );
    expect(asked.filter(({ method, path }) => !isRoute(method, path))).toEqual([]);
    const answers = await Promise.all(
      asked.map(async ({ text, method, path, body }) => ({ line: text, ...(await request(method, path, { body })) })),
    );
    // 404: a made-up id.
    expect(answers.filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);
    expect(asked.length).toBeGreaterThan(14);
  });

  test('every "npm run" is a script', () => {
    const named = [...DOCUMENTS, ...SOURCES].flatMap((path) =>
      [...textOf(path).matchAll(/npm run(?: --silent)? ([a-z][\w:-]*)/g)].map(([, name = '']) => ({ path, name })),
    );
    expect(named.filter(({ name }) => !Object.hasOwn(packageJson.scripts, name))).toEqual([]);
    expect(named.length).toBeGreaterThan(30);
  });
});
