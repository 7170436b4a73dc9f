/**
 * Requests by caller (a function's short name, `trigger:<name>` for Lambda's own polling, or an outside client) and
 * then by `<service>:<Action>`.
 */
export type RequestCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Tally {
  add(caller: string, action: string): void;
  /** A copy. */
  counts(): RequestCounts;
  reset(): void;
}

export function makeTally(): Tally {
  const byCaller = new Map<string, Map<string, number>>();
  return {
    add(caller, action) {
      const actions = byCaller.get(caller) ?? new Map<string, number>();
      byCaller.set(caller, actions.set(action, (actions.get(action) ?? 0) + 1));
    },
    counts: () => Object.fromEntries([...byCaller].map(([caller, actions]) => [caller, Object.fromEntries(actions)])),
    reset: () => byCaller.clear(),
  };
}
