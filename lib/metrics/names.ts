/**
 * Every metric that the functions emit, and its unit. Alarms and the dashboard read these; a test holds the template
 * against them. Each costs for every hour in which it has a value: what AWS counts by itself (invocations, their
 * duration, errors) is not counted again, and nothing is said of nothing.
 */
export const METRICS = {
  /** Faults of AWS or of our own that left one message or call alone, to be done again. */
  Faults: 'Count',
  /** Jobs that a vendor was polled for. */
  JobsAsked: 'Count',
  /** How late: the job that has waited longest, of each plan; the longest wait of a call's jobs, when the call ends. */
  OldestDue: 'Seconds',
  AskDelay: 'Seconds',
  /** Published as events: a transition that is published twice, since a worker died in between, counts twice. */
  JobsChanged: 'Count',
  JobsSucceeded: 'Count',
  JobsFailed: 'Count',
  JobsRollbackFailed: 'Count',
  JobsCanceled: 'Count',
  JobsTimedOut: 'Count',
  JobsLost: 'Count',
  JobsStopped: 'Count',
  UnknownStatuses: 'Count',
  MessagesRejected: 'Count',
  /** A sample a call: their number is the calls. */
  VendorDuration: 'Milliseconds',
  /** Calls that taught nothing about at least one job, by the reason. */
  VendorThrottles: 'Count',
  VendorDenials: 'Count',
  VendorUnreachable: 'Count',
  VendorMalformed: 'Count',
  /** Calls that were not made because the account, its key or the scope is refused. */
  CallsDenied: 'Count',
  DeliveriesDelivered: 'Count',
  DeliveriesExhausted: 'Count',
  AttemptsFailed: 'Count',
  /** A sample an attempt. */
  AttemptDuration: 'Milliseconds',
  EndpointsDisabled: 'Count',
  /** What `reconcile` saw. */
  OpenJobs: 'Count',
  OldestOverdue: 'Seconds',
  JobsDenied: 'Count',
  JobsWoken: 'Count',
  DeliveriesResent: 'Count',
  /** Stored items that could not be understood, and harm themselves alone. */
  UnreadableItems: 'Count',
} as const satisfies Readonly<Record<string, 'Count' | 'Seconds' | 'Milliseconds'>>;

export type MetricName = keyof typeof METRICS;

/**
 * Where numbers for people go. Values of one name add up as samples: a sum, a maximum and percentiles can be read of
 * them.
 */
export interface Metrics {
  add(name: MetricName, value: number): void;
}
