import { CREATE_ELB_SECONDS, type Law, logNormal, makeLaw } from '../delay/laws.ts';

/** What is measured: jobs of one law, on a stack that has nothing else to do or always has something. */
export interface Configuration {
  /** For `--only`. */
  readonly name: string;
  readonly about: string;
  /** `idle`: nothing is under watch when the job comes. `busy`: a job that never ends is, all the time. */
  readonly stack: 'idle' | 'busy';
  readonly law: 'short' | 'createELB';
  /** Jobs of the law that were watched before. */
  readonly known: 0 | 200;
  /** 1: one after another, each alone. More: so many within a minute. */
  readonly jobs: number;
}

const LAWS = {
  short: { name: '5 s', shape: logNormal(5, 0.05) },
  createELB: { name: '26 s', shape: logNormal(CREATE_ELB_SECONDS, 0.2) },
} as const;

export const CONFIGURATIONS: readonly Configuration[] = [
  alone('idle-5s-unknown', 'idle', 'short', 0),
  alone('idle-5s-learned', 'idle', 'short', 200),
  alone('idle-26s-unknown', 'idle', 'createELB', 0),
  alone('idle-26s-learned', 'idle', 'createELB', 200),
  alone('busy-26s-learned', 'busy', 'createELB', 200),
  crowd('busy-100-unknown', 100, 0),
  crowd('busy-100-learned', 100, 200),
  crowd('busy-1000-learned', 1000, 200),
];

function alone(
  name: string,
  stack: Configuration['stack'],
  law: Configuration['law'],
  known: Configuration['known'],
): Configuration {
  const about = `${stack} stack, a job of ${LAWS[law].name} alone, ${knowledge(known)}`;
  return { name, about, stack, law, known, jobs: 1 };
}

function crowd(name: string, jobs: number, known: Configuration['known']): Configuration {
  const about = `busy stack, ${jobs.toLocaleString('en')} jobs of 26 s within a minute, ${knowledge(known)}`;
  return { name, about, stack: 'busy', law: 'createELB', known, jobs };
}

function knowledge(known: Configuration['known']): string {
  return known === 0 ? 'nothing known' : `${known} known`;
}

/** So many durations of its law, in seconds, sorted: its quantiles. */
export function lawOf({ law }: Pick<Configuration, 'law'>, jobs: number): Law {
  const { name, shape } = LAWS[law];
  return makeLaw(name, name, shape, jobs);
}
