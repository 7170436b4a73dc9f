/** How long the jobs of one kind run. */
export interface Law {
  readonly name: string;
  readonly about: string;
  readonly density: (seconds: number) => number;
  readonly cdf: (seconds: number) => number;
  /** Job durations in seconds, sorted: the quantiles of the law at (i + ½) / n. */
  readonly durations: Float64Array;
}

/** A kind of jobs in the order in which they come; all but the drifting kind stay as they are. */
export interface Kind {
  readonly name: string;
  /** The law of the job that comes `jobs` jobs after the one that is judged (negative: before it). */
  readonly at: (jobs: number) => Law;
}

export const JOBS = 4000;
const DOUBLES_EVERY = 100;

interface Shape {
  readonly density: (seconds: number) => number;
  readonly cdf: (seconds: number) => number;
}

/**
 * Huawei's documented example of a v1.0 job: 09:49:37.399 to 09:50:03.272.
 * https://support.huaweicloud.com/intl/en-us/eu-west-0-api-elb/elb_jd_job_0000.html
 */
export const CREATE_ELB_SECONDS = 25.873;
/** The documented example of a v3 job: 08:20:42 to 08:49:11. https://support.huaweicloud.com/api-elb/ListJobs.html */
const UPGRADE_SECONDS = 1709;

export const KINDS: readonly Kind[] = [
  steady('tight', 'log-normal, median 60 s, σ 0.05', logNormal(60, 0.05)),
  steady('wide', 'log-normal, median 60 s, σ 0.7: nine of ten jobs take 19 s to 190 s', logNormal(60, 0.7)),
  steady(
    'bimodal',
    '70 % around 20 s, 30 % around 240 s, each log-normal with σ 0.1',
    mixture([0.7, logNormal(20, 0.1)], [0.3, logNormal(240, 0.1)]),
  ),
  steady(
    'heavy tail',
    'Pareto from 10 s on, exponent 1.5: median 16 s, one of 100 takes more than 215 s',
    pareto(10, 1.5),
  ),
  drifting(),
  steady('createELB', 'log-normal around the documented 26 s, σ 0.2 assumed', logNormal(CREATE_ELB_SECONDS, 0.2)),
  steady('UPGRADE', 'log-normal around the documented 28 min 29 s, σ 0.2 assumed', logNormal(UPGRADE_SECONDS, 0.2)),
];

/** Twelve shapes, half of which the rule was not made with: for what happens before anything is known. */
export const SHAPES: readonly Kind[] = [
  ...KINDS.filter(({ name }) => name !== 'drifting'),
  steady(
    'trimodal',
    'a third each around 15 s, 60 s and 600 s, log-normal with σ 0.1',
    mixture([1 / 3, logNormal(15, 0.1)], [1 / 3, logNormal(60, 0.1)], [1 / 3, logNormal(600, 0.1)]),
  ),
  steady('Weibull', 'Weibull, scale 60 s, exponent 0.7: many are short', weibull(60, 0.7)),
  steady('uniform', 'anything from 10 s to 300 s', uniform(10, 300)),
  steady('very wide', 'log-normal, median 60 s, σ 1.5', logNormal(60, 1.5)),
  steady('4 h', 'log-normal, median 4 h, σ 0.3', logNormal(14_400, 0.3)),
  steady(
    '3 s or 40 min',
    '70 % around 3 s, 30 % around 40 min, each log-normal with σ 0.1',
    mixture([0.7, logNormal(3, 0.1)], [0.3, logNormal(2400, 0.1)]),
  ),
];

/** Twelve more: the two numbers that the rule begins with were chosen without them. */
export const OTHER_SHAPES: readonly Kind[] = [
  ...[5, 12, 300, 3600].map((median) => plain(`log-normal, ${median} s, σ 0.3`, logNormal(median, 0.3))),
  plain('log-normal, 900 s, σ 0.5', logNormal(900, 0.5)),
  plain('log-normal, 30 s, σ 1', logNormal(30, 1)),
  ...[15, 120, 900].map((seconds) => plain(`exponential, ${seconds} s`, exponential(seconds))),
  ...([1, 10, 20, 60, 600, 3600] as const).flatMap((from, at, all) =>
    at % 2 === 0 ? [plain(`uniform, ${from} s to ${all[at + 1]} s`, uniform(from, all[at + 1] ?? from))] : [],
  ),
];

function plain(name: string, shape: Shape): Kind {
  return steady(name, name, shape);
}

function steady(name: string, about: string, shape: Shape): Kind {
  const law = makeLaw(name, about, shape);
  return { name, at: () => law };
}

function drifting(): Kind {
  const now = makeLaw(
    'drifting',
    `log-normal, σ 0.15, median 60 s now; it has doubled with every ${DOUBLES_EVERY} jobs`,
    logNormal(60, 0.15),
  );
  return {
    name: now.name,
    at: (jobs) => {
      const scale = 2 ** (jobs / DOUBLES_EVERY);
      return {
        ...now,
        density: (t) => now.density(t / scale) / scale,
        cdf: (t) => now.cdf(t / scale),
        durations: now.durations.map((seconds) => seconds * scale),
      };
    },
  };
}

export function makeLaw(name: string, about: string, shape: Shape, jobs = JOBS): Law {
  const durations = Float64Array.from({ length: jobs }, (_, index) => quantile(shape.cdf, (index + 0.5) / jobs));
  return { name, about, ...shape, durations };
}

export function exponential(meanSeconds: number): Shape {
  return {
    density: (t) => (t < 0 ? 0 : Math.exp(-t / meanSeconds) / meanSeconds),
    cdf: (t) => (t <= 0 ? 0 : -Math.expm1(-t / meanSeconds)),
  };
}

export function uniform(fromSeconds: number, toSeconds: number): Shape {
  const width = toSeconds - fromSeconds;
  return {
    density: (t) => (t < fromSeconds || t > toSeconds ? 0 : 1 / width),
    cdf: (t) => Math.min(Math.max((t - fromSeconds) / width, 0), 1),
  };
}

function weibull(scaleSeconds: number, exponent: number): Shape {
  const left = (t: number) => Math.exp(-((t / scaleSeconds) ** exponent));
  return {
    density: (t) => (t <= 0 ? 0 : (exponent / scaleSeconds) * (t / scaleSeconds) ** (exponent - 1) * left(t)),
    cdf: (t) => (t <= 0 ? 0 : 1 - left(t)),
  };
}

export function logNormal(medianSeconds: number, sigma: number): Shape {
  const z = (t: number) => Math.log(t / medianSeconds) / sigma;
  return {
    density: (t) => (t <= 0 ? 0 : Math.exp(-(z(t) ** 2) / 2) / (t * sigma * Math.sqrt(2 * Math.PI))),
    cdf: (t) => (t <= 0 ? 0 : normalCdf(z(t))),
  };
}

function pareto(fromSeconds: number, exponent: number): Shape {
  return {
    density: (t) => (t < fromSeconds ? 0 : (exponent / t) * (fromSeconds / t) ** exponent),
    cdf: (t) => (t <= fromSeconds ? 0 : 1 - (fromSeconds / t) ** exponent),
  };
}

function mixture(...parts: readonly (readonly [share: number, shape: Shape])[]): Shape {
  return {
    density: (t) => parts.reduce((sum, [share, shape]) => sum + share * shape.density(t), 0),
    cdf: (t) => parts.reduce((sum, [share, shape]) => sum + share * shape.cdf(t), 0),
  };
}

function quantile(cdf: (seconds: number) => number, share: number): number {
  let high = 1;
  while (cdf(high) < share) high *= 2;
  let low = 0;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (cdf(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}

/** Absolute error below 1.2e-7 · 2: the complementary error function of Numerical Recipes, §6.2. */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const terms = [
    1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
  ];
  const sum = terms.reduceRight((rest, term) => term + t * rest, 0);
  const tail = (t * Math.exp(-x * x - 1.26551223 + t * sum)) / 2;
  return z > 0 ? 1 - tail : tail;
}
