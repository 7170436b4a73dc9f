/** The namespace of all metrics. */
const NAMESPACE = 'jobwatch';

/**
 * Fields that make a log line a metric too: CloudWatch counts one of `name` for the stage. The line has to be JSON, the fields at its root.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function countOne(name: string, stage: string, nowMs: number): Readonly<Record<string, unknown>> {
  const Metrics = [{ Name: name, Unit: 'Count' }];
  const CloudWatchMetrics = [{ Namespace: NAMESPACE, Dimensions: [['stage']], Metrics }];
  return { _aws: { Timestamp: nowMs, CloudWatchMetrics }, stage, [name]: 1 };
}
