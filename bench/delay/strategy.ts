/** When one watcher asks about one job. */
export interface Strategy {
  readonly name: string;
  /**
   * Begins a watch at age 0. The answer is called for the first ask and after every ask that found the job unfinished,
   * with the job's age; it says how many seconds later the next ask comes.
   */
  begin(random: () => number): (ageSeconds: number) => number;
}

/** The ages at which one watch asks, in seconds, up to the first at or after `horizonSeconds`. */
export function askAges(strategy: Strategy, random: () => number, horizonSeconds: number): number[] {
  const wait = strategy.begin(random);
  const ages: number[] = [];
  for (let age = wait(0); ; age += wait(age)) {
    ages.push(age);
    if (age >= horizonSeconds) return ages;
    if (ages.length > ASKS_MAX) throw new Error(`${strategy.name} asks more than ${ASKS_MAX} times.`);
  }
}

const ASKS_MAX = 200_000;

/** The same interval between all asks; the first comes after one interval. */
export function fixedInterval(name: string, seconds: number): Strategy {
  return { name, begin: () => () => seconds };
}
