import { Metrics as Emf } from '@aws-lambda-powertools/metrics';
import { METRICS, type MetricName, type Metrics } from '../../metrics/names.ts';

/** The namespace of all metrics, and of their dimension `service`. */
const NAMESPACE = 'jobwatch';

export interface FlushedMetrics extends Metrics {
  /** The handler of one invocation at a time; what it added is printed when it ends, however it ends. */
  around<Args extends unknown[], Result>(handle: (...args: Args) => Promise<Result>): typeof handle;
}

/**
 * Metrics as a JSON line on standard output, which CloudWatch reads from the log: no call, no right, no wait. Counts
 * are added up first: one line an invocation, more if it measured over 100 times of one kind. Two dimensions with one
 * value each, `service` and `stage`: a metric costs the same however much happens.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function makeMetrics(stage: string): FlushedMetrics {
  const counts = new Map<MetricName, number>();
  const emf = new Emf({ namespace: NAMESPACE, serviceName: NAMESPACE, defaultDimensions: { stage } });
  return {
    add(name, value) {
      if (METRICS[name] === 'Count') counts.set(name, (counts.get(name) ?? 0) + value);
      else emf.addMetric(name, METRICS[name], Math.round(value * 1000) / 1000);
    },
    around:
      (handle) =>
      async (...args) => {
        try {
          return await handle(...args);
        } finally {
          for (const [name, count] of counts) emf.addMetric(name, METRICS[name], count);
          counts.clear();
          if (emf.hasStoredMetrics()) emf.publishStoredMetrics();
        }
      },
  };
}
