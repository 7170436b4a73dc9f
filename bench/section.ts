/** One bench, and its part of `bench/RESULTS.md`. */
export interface BenchSection {
  /** For `npm run bench -- <name>`. */
  readonly name: string;
  readonly title: string;
  /** Takes minutes: runs only if it is named. */
  readonly byNameOnly?: boolean;
  /** Answers markdown without the title. */
  run(): Promise<string>;
}
