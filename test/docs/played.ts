import { spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, ROOT } from './snippets.ts';
import { filled, IN_BACKGROUND, type Scene } from './where.ts';

/** Commands of a document, run one after the other in one shell, as its reader would. */

const CURL =
  '#!/bin/sh\nfor real in /usr/bin/curl /bin/curl /usr/local/bin/curl; do\n  [ -x "$real" ] && exec "$real" --fail-with-body --silent "$@"\ndone\n';
/** Those that end with what became of a job, a message or an endpoint. */
const MAY_END_WITH_1_TO_3 = /jobwatch(?:\.mjs)? (?:.*--wait\b|wait|validate|doctor|account check|subs test)/;

export interface Place {
  readonly folder: string;
  readonly cliFile: string;
  readonly env: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}

/** A folder as the reader has it: the checkout's, with the command line built and the files that documents name. */
export async function preparePlace({ folder, cliFile, files }: Place): Promise<void> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  await mkdir(join(folder, 'dist'));
  await symlink(cliFile, join(folder, 'dist/jobwatch.mjs'));
  await symlink(cliFile, join(folder, 'jobwatch.mjs'));
  for (const name of ['events', 'examples', 'node_modules']) await symlink(join(ROOT, name), join(folder, name));
  await writeFile(join(folder, 'bin/jobwatch'), `#!/bin/sh\nexec node ${cliFile} "$@"\n`, { mode: 0o755 });
  await writeFile(join(folder, 'bin/curl'), CURL, { mode: 0o755 });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o755 });
}

/** What is wrong, with the place of the command; null: nothing. */
export async function play(commands: readonly Command[], place: Place, scene: Scene): Promise<string | null> {
  const script = ['set -u', ...commands.flatMap((command) => stepOf(command, scene)), 'finish 0'];
  const head = [
    'background=',
    'finish() { [ -z "$background" ] || kill $background 2>/dev/null; exit "$1"; }',
    'good() { [ "$1" -eq 0 ] || { echo "ENDED WITH $1"; finish 1; }; }',
  ];
  const { code, printed } = await bash([...head, ...script].join('\n'), place);
  if (code === 0) return null;
  return printed.split('\n== ').slice(-1)[0]?.slice(0, 2000) ?? '';
}

function stepOf({ place, text }: Command, scene: Scene): readonly string[] {
  const line = filled(text, scene);
  const say = `printf '\\n== %s\\n' ${quoted(`${place}: ${line}`)}`;
  if (IN_BACKGROUND.test(line) && !line.includes('JOBWATCH_TOKEN='))
    return [
      say,
      `PORT=${scene.port} ${line.replace(/\s+#.*$/, '')} > background.log 2>&1 &`,
      'background="$background $!"',
      LISTENING,
    ];
  const limit = MAY_END_WITH_1_TO_3.test(line) ? '[ "$code" -le 3 ] || good "$code"' : 'good "$code"';
  // A page may show two ways to make the same token.
  const token = /token create (\w+)/.exec(line)?.[1];
  const first =
    token === undefined ? [] : [`JOBWATCH_STAGE=${scene.stage} jobwatch token revoke ${token} > revoked 2>&1`];
  return [say, ...first, line, 'code=$?', limit];
}

const LISTENING =
  'for _ in $(seq 300); do grep -q listening background.log && break; sleep 0.1; done; grep listening background.log; good $?';

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Whether a shell reads it; null: it does. */
export async function syntaxFaultOf(text: string, place: Place): Promise<string | null> {
  const { code, printed } = await bash(text, place, ['-n']);
  return code === 0 ? null : printed;
}

async function bash(script: string, { folder, env }: Place, options: readonly string[] = []) {
  const child = spawn('bash', [...options, '-s'], {
    cwd: folder,
    env: { ...env, HOME: folder, XDG_CONFIG_HOME: folder, PATH: `${join(folder, 'bin')}:${process.env['PATH']}` },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
    });
  child.stdin.end(`${script}\n`);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, printed };
}
