import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { runCli } from './run.ts';

/** The process: arguments, environment and streams, signals, and the exit code. */
const stop = new AbortController();
let signalled: NodeJS.Signals | null = null;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    signalled = signal;
    stop.abort();
    // A second one ends the process at once.
    process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
  });
}
// Whoever reads our output may have had enough of it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

void runCli(process.argv.slice(2), {
  // biome-ignore lint/style/noProcessEnv: this is where the environment comes in.
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stop.signal,
  signalled: () => signalled,
  clock: Date.now,
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
  fetch: globalThis.fetch,
  readFile: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
  readStdin: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  },
  randomId: () => crypto.randomUUID(),
  randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
}).then((exitCode) => {
  process.exitCode = exitCode;
});
