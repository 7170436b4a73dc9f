/** When one watcher polls one job. */
export interface Strategy {
  readonly name: string;
  /**
   * Begins a watch at age 0. The answer is called for the first poll and after every poll that found the job
   * unfinished, with the job's age; it says how many seconds later the next poll comes.
   */
  begin(random: () => number): (ageSeconds: number) => number;
}

/** The ages at which one watch polls, in seconds, up to the first at or after `horizonSeconds`. */
export function pollAges(strategy: Strategy, random: () => number, horizonSeconds: number): number[] {
  const wait = strategy.begin(random);
  const ages: number[] = [];
  for (let age = wait(0); ; age += wait(age)) {
    ages.push(age);
    if (age >= horizonSeconds) return ages;
    if (ages.length > POLLS_MAX) throw new Error(`${strategy.name} polls more than ${POLLS_MAX} times.`);
  }
}

const POLLS_MAX = 200_000;

/** The same interval between all polls; the first comes after one interval. */
export function fixedInterval(name: string, seconds: number): Strategy {
  return { name, begin: () => () => seconds };
}
