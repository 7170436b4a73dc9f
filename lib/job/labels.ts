/** What a deployer may hang on a job, and finds again in its events. */
export type Labels = Readonly<Record<string, string>>;

/** Labels of one job. */
export const LABELS_MAX = 10;

/** The new labels come last and win; of more than ten the oldest go. */
export function mergeLabels(old: Labels, added: Labels): Labels {
  const kept = Object.entries(old).filter(([key]) => !Object.hasOwn(added, key));
  return Object.fromEntries([...kept, ...Object.entries(added)].slice(-LABELS_MAX));
}
