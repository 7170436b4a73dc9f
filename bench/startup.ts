import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCli } from '../scripts/build-cli.ts';

/**
 * How much longer than Node itself the bundled command line takes to start: an empty module and `jobwatch` by turns,
 * with the Node that runs this, so that both meet the same moments of the machine. Medians; the first turn warms up and
 * is not counted.
 */
const TURNS = 20;

const folder = mkdtempSync(join(tmpdir(), 'jobwatch-startup-'));
try {
  const cli = join(folder, 'jobwatch.mjs');
  const empty = join(folder, 'empty.mjs');
  writeFileSync(empty, '');
  const { bytes } = await buildCli(join(import.meta.dirname, '..'), cli);
  const commands: Readonly<Record<string, readonly string[]>> = {
    'node, an empty module': [empty],
    'jobwatch --version': [cli, '--version'],
    'jobwatch --help': [cli, '--help'],
    'jobwatch validate': [cli, 'validate', '-'],
  };
  const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
  for (let turn = 0; turn <= TURNS; turn += 1)
    for (const [name, args] of Object.entries(commands)) {
      const ms = timed(args, folder);
      if (turn > 0) times.get(name)?.push(ms);
    }
  const bare = median([...times.values()][0] ?? []);
  const load = loadavg()[0]?.toFixed(1);
  console.log(`${process.version}, ${(bytes / 1024).toFixed(0)} KiB, median of ${TURNS}, load ${load}:`);
  const column = (ms: number, width: number) => ms.toFixed(0).padStart(width);
  for (const [name, list] of times)
    console.log(`  ${name.padEnd(24)}${column(median(list), 5)} ms  ${column(median(list) - bare, 4)} ms more`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function timed(args: readonly string[], home: string): number {
  const beganMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [...args], {
    input: '{"api":"alibaba.alb","region":"eu-1","jobId":"a"}',
    env: { HOME: home },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - beganMs;
}

function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
