/** What the process ends with. Where several apply, the largest does. */
export const EXIT = {
  ok: 0,
  /** A job failed, was rolled back, canceled or stopped; or, of other commands, something is not as it should be. */
  failed: 1,
  /** A watch timed out, or `--timeout` was reached. */
  timedOut: 2,
  lost: 3,
  /** jobwatch can't be reached, or its tick stands still. */
  unreachable: 4,
  /** The account of a job is denied: the vendor refuses its key or its rights, or there is no such account. */
  denied: 5,
  /** Arguments, settings, credentials or what was sent are wrong. https://man.openbsd.org/sysexits.3 */
  usage: 64,
  /** A bug in the command line: EX_SOFTWARE of sysexits. */
  bug: 70,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** Trouble that ends a command. The message is one sentence that names the next step. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The user asked to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export function usage(message: string): CliError {
  return new CliError(EXIT.usage, message);
}

export function exitOfPhase(phase: string): number {
  if (phase === 'succeeded') return EXIT.ok;
  if (phase === 'timed_out') return EXIT.timedOut;
  return phase === 'lost' ? EXIT.lost : EXIT.failed;
}

export function worst(codes: readonly number[]): number {
  return Math.max(EXIT.ok, ...codes);
}
