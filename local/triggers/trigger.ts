/** Something that invokes a function by itself. */
export interface Trigger {
  /** The short name of the function that it invokes. */
  readonly functionName: string;
  /** Starts nothing new; resolves when what was under way has ended. */
  pause(): Promise<void>;
  resume(): void;
  /** Ends it for good. Does not wait for invocations under way. */
  close(): void;
}
