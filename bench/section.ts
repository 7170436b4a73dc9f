export interface BenchOptions {
  /** Numbers of jobs, for benches that compare some; empty for their own. */
  readonly sizes: readonly number[];
  /** Names of some of a bench's configurations; empty for all. */
  readonly only: readonly string[];
  /** Jobs of a configuration, where it leaves that open. */
  readonly samples?: number;
  /** Deployments side by side, where the bench has some. */
  readonly stacks?: number;
  /** Parameters of the stack over their defaults. */
  readonly parameters: Readonly<Record<string, string>>;
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
