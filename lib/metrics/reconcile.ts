import type { ReconcileReport } from '../watch/reconcile.ts';
import type { Metrics } from './names.ts';

/** One pass of `reconcile`. */
export function measureReconcile(report: ReconcileReport, metrics: Metrics): void {
  // Silence is what the alarm hears: a pass that saw nothing may not say that nothing is late.
  if (report.oldestOverdueSeconds !== null) metrics.add('OldestOverdue', report.oldestOverdueSeconds);
  // A metric costs for each hour in which it has a value: nothing is said of nothing.
  if (report.open > 0) metrics.add('OpenJobs', report.open);
  if (report.denied > 0) metrics.add('JobsDenied', report.denied);
  if (report.woken > 0) metrics.add('JobsWoken', report.woken);
  if (report.unreadable > 0) metrics.add('UnreadableItems', report.unreadable);
  if (report.resent > 0) metrics.add('DeliveriesResent', report.resent);
}
