import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import * as v from 'valibot';
import { PERMISSIONS } from '../../lib/api/http/auth.ts';
import { addCommand, addGroup, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { type CommonOptions, stageOf } from '../settings.ts';
import { addDataOption, addKeyOption, type DataOptions, type KeyOptions, keyIdOf } from '../store-options.ts';
import { printTable } from '../text/table.ts';

interface CreateOptions extends KeyOptions, DataOptions {
  readonly scopes: string;
  readonly out?: string;
}

const TOKEN_BYTES = 32;
const WRITE_TRIES = 3;

/** As the API reads them. */
const entry = v.strictObject({ name: v.string(), sha256: v.string(), scopes: v.array(v.string()) });
const entries = v.array(entry);
type Entry = v.InferOutput<typeof entry>;

export function addToken(program: Command, host: Host): void {
  const token = addGroup(program, {
    name: 'token',
    summary: 'tokens of the API (AWS credentials, or --data)',
    about:
      'Tokens of the API. Only their hashes are stored: in the SSM parameter /jobwatch/<stage>/api-tokens, or in the folder of a jobwatch that runs on one machine (--data).',
    examples: ['jobwatch token create ci --stage prod --scopes read,jobs:write', 'jobwatch token ls --data DIR'],
  });
  addCommand<CreateOptions>(
    token,
    host,
    {
      name: 'create',
      args: '<name>',
      summary: 'make a token and print it; it is not shown again',
      examples: [
        'jobwatch token create ci --stage prod --scopes read,jobs:write',
        'jobwatch token create admin --data DIR --scopes read,jobs:write,subscriptions:write --out token',
      ],
      talksTo: ['aws', 'stage'],
    },
    (command) => {
      command
        .requiredOption('--scopes <scopes>', `one or several, comma-separated: ${PERMISSIONS.join(', ')}`)
        .option('--out <file>', 'write the token to a new file that you alone can read, and print nothing of it');
      addKeyOption(command);
      addDataOption(command);
    },
    create,
  );
  addCommand<CommonOptions & DataOptions>(
    token,
    host,
    {
      name: 'ls',
      summary: 'list names and permissions of tokens',
      examples: ['jobwatch token ls --stage prod', 'jobwatch token ls --stage dev --json'],
      talksTo: ['aws', 'stage'],
    },
    addDataOption,
    list,
  );
  addCommand<KeyOptions & DataOptions>(
    token,
    host,
    {
      name: 'revoke',
      args: '<name...>',
      summary: 'revoke tokens',
      examples: ['jobwatch token revoke ci --stage prod', 'jobwatch token revoke ci admin --stage dev'],
      talksTo: ['aws', 'stage'],
    },
    (command) => addDataOption(addKeyOption(command)),
    revoke,
  );
}

async function create(context: Context, [name = '']: readonly string[], options: CreateOptions): Promise<number> {
  const permissions = permissionsOf(options.scopes);
  if (!/^[A-Za-z0-9_.-]{1,100}$/.test(name)) throw usage('A name is 1 to 100 letters, digits, "_", "." and "-".');
  const token = `jw_${Buffer.from(context.randomBytes(TOKEN_BYTES)).toString('base64url')}`;
  const sha256 = createHash('sha256').update(token).digest('hex');
  const { out } = options;
  // First the file: a token that nobody could write down would be good all the same.
  const undo = out === undefined ? null : context.writeSecret(out, `${token}\n`);
  try {
    await change(await storeOf(context, options), (before) =>
      withToken(before, { name, sha256, scopes: [...permissions] }),
    );
  } catch (error) {
    undo?.();
    throw error;
  }
  if (context.json) context.out.json({ name, scopes: permissions, ...(out === undefined ? { token } : { file: out }) });
  else if (out === undefined) {
    context.out.line(token);
    context.out.note('Keep the token: it is not shown again. It works within a minute.');
  } else context.out.note(`The token is in ${out}, which you alone can read. It works within a minute.`);
  return EXIT.ok;
}

function withToken(before: readonly Entry[], made: Entry): readonly Entry[] | null {
  if (before.some((one) => one.sha256 === made.sha256)) return null;
  if (before.every((one) => one.name !== made.name)) return [...before, made];
  const { name } = made;
  throw new CliError(
    EXIT.failed,
    `There is a token "${name}" already: take another name, or "jobwatch token revoke ${name} --stage STAGE" first.`,
  );
}

function permissionsOf(text: string): readonly string[] {
  const permissions = [...new Set(text.split(',').map((one) => one.trim()))];
  const wrong = permissions.find((one) => !PERMISSIONS.some((known) => known === one));
  if (wrong !== undefined) throw usage(`"${wrong}" is not a permission: choose from ${PERMISSIONS.join(', ')}.`);
  return permissions;
}

async function list(context: Context, _: readonly string[], options: DataOptions): Promise<number> {
  const tokens = await readTokens(await storeOf(context, options));
  const shown = tokens.map(({ name, scopes }) => ({ name, scopes }));
  if (context.json) context.out.json({ tokens: shown });
  else if (shown.length === 0) context.out.note('There is no token; "jobwatch token create" makes one.');
  else
    printTable(
      context.out,
      [
        { title: 'name', cell: ({ name }) => name, min: 10 },
        { title: 'permissions', cell: ({ scopes }) => scopes.join(' '), min: 10 },
      ],
      shown,
    );
  return EXIT.ok;
}

async function revoke(context: Context, names: readonly string[], options: KeyOptions & DataOptions): Promise<number> {
  let isFirst = true;
  await change(await storeOf(context, options), (before) => {
    const missing = names.filter((name) => !before.some((one) => one.name === name));
    if (!isFirst && missing.length === names.length) return null;
    if (isFirst && missing.length > 0)
      throw new CliError(EXIT.failed, `There is no token "${missing.join('", "')}": "jobwatch token ls" lists them.`);
    isFirst = false;
    return before.filter(({ name }) => !names.includes(name));
  });
  if (context.json) context.out.json({ revoked: names });
  else
    context.out.line(
      `${names.join(', ')}  revoked; ${names.length === 1 ? 'it is' : 'they are'} refused within a minute`,
    );
  return EXIT.ok;
}

/** Where the list is kept. */
interface TokenStore {
  /** As errors call it. */
  readonly name: string;
  get(): Promise<string | null>;
  put(text: string): Promise<void>;
}

async function storeOf(context: Context, options: KeyOptions & DataOptions): Promise<TokenStore> {
  if (options.data !== undefined) {
    if (options.keyId !== undefined) throw usage('--key-id is for AWS: leave it out with --data.');
    const folder = context.folder(options.data);
    return {
      name: `the list of tokens in ${options.data}`,
      get: async () => folder.readTokens(),
      put: async (text) => folder.saveTokens(text),
    };
  }
  const keyId = keyIdOf(options);
  const name = `/jobwatch/${stageOf(context)}/api-tokens`;
  const aws = await context.aws();
  return {
    name,
    get: async () => (await aws.get(name))?.value ?? null,
    put: (text) => aws.put(name, text, keyId),
  };
}

async function readTokens(store: TokenStore): Promise<readonly Entry[]> {
  const stored = await store.get();
  if (stored === null) return [];
  try {
    return v.parse(entries, JSON.parse(stored));
  } catch (cause) {
    const broken = new CliError(EXIT.failed, `${store.name} is not a list of tokens: fix or delete it first.`);
    broken.cause = cause;
    throw broken;
  }
}

/**
 * Neither store has a conditional write: the list is read back, and changed again if somebody else's write took the
 * change away. `next` answers null for a list that has the change.
 */
async function change(store: TokenStore, next: (before: readonly Entry[]) => readonly Entry[] | null): Promise<void> {
  for (let tries = 0; tries <= WRITE_TRIES; tries += 1) {
    const wanted = next(await readTokens(store));
    if (wanted === null) return;
    await store.put(JSON.stringify(wanted));
  }
  throw new CliError(EXIT.failed, 'The list of tokens keeps being changed by somebody else: try again.');
}
