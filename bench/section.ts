export interface BenchOptions {
  /** Numbers of jobs, for benches that compare some; empty for their own. */
  readonly sizes: readonly number[];
}

/** One bench, and its part of `bench/RESULTS.md`. */
export interface BenchSection {
  /** For `npm run bench -- <name>`. */
  readonly name: string;
  readonly title: string;
  /** Takes minutes: runs only if it is named. */
  readonly byNameOnly?: boolean;
  /** Answers markdown without the title. */
  run(options: BenchOptions): Promise<string>;
}
