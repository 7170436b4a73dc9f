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

/** Those that belong to the functions of these names; without names, all. */
export function chosen<One extends { readonly functionName: string }>(
  triggers: readonly One[],
  names: readonly string[],
): readonly One[] {
  return names.length === 0 ? triggers : triggers.filter(({ functionName }) => names.includes(functionName));
}
