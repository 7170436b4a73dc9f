import { METRICS, type MetricName } from '../../lib/metrics/names.ts';
import { isFields } from '../template/values.ts';

/** What the functions have counted and measured since the start, in the text that Prometheus reads. */
export interface Figures {
  /** Takes a line that a function printed if it holds metrics; false: it is a line of the log. */
  take(line: string): boolean;
  invoked(functionName: string, durationMs: number, isGood: boolean): void;
  engineDied(): void;
  /** `gauges`: what stands now, by name with labels, as `jobwatch_up` or `jobwatch_queue_messages{queue="pending"}`. */
  text(gauges: Readonly<Record<string, number>>): string;
}

/** What `reconcile` sees at each pass: a sum over passes would say nothing. */
const SEEN: readonly MetricName[] = ['OpenJobs', 'OldestOverdue', 'JobsDenied', 'UnreadableItems'];
/** A sample is the longest wait of many. */
const LONGEST: readonly MetricName[] = ['OldestDue', 'AskDelay'];

interface Samples {
  count: number;
  sum: number;
}

/**
 * The figures of AWS under the names that Prometheus recommends: counters end in `_total`, durations are in seconds and have
 * `_sum` and `_count`. https://prometheus.io/docs/practices/naming/
 */
export function makeFigures(): Figures {
  const counts = new Map<MetricName, number>();
  const seen = new Map<MetricName, number>();
  const samples = new Map<MetricName, Samples>();
  const invocations = new Map<string, Samples & { failed: number }>();
  let engineRestarts = 0;

  const note = (name: MetricName, value: number): void => {
    if (SEEN.includes(name)) seen.set(name, value);
    else if (METRICS[name] === 'Count') counts.set(name, (counts.get(name) ?? 0) + value);
    else {
      const { count, sum } = samples.get(name) ?? { count: 0, sum: 0 };
      samples.set(name, { count: count + 1, sum: sum + value });
    }
  };

  return {
    take(line) {
      const found = metricsIn(line);
      if (found === null) return false;
      for (const [name, values] of found) for (const value of values) note(name, value);
      return true;
    },
    invoked(functionName, durationMs, isGood) {
      const { count, sum, failed } = invocations.get(functionName) ?? { count: 0, sum: 0, failed: 0 };
      const failures = failed + (isGood ? 0 : 1);
      invocations.set(functionName, { count: count + 1, sum: sum + durationMs / 1000, failed: failures });
    },
    engineDied() {
      engineRestarts += 1;
    },
    text(gauges) {
      const lines: string[] = [];
      for (const name of Object.keys(METRICS) as MetricName[]) {
        if (SEEN.includes(name)) {
          const value = seen.get(name);
          if (value !== undefined) metric(lines, nameOf(name), 'gauge', [['', value]]);
        } else if (METRICS[name] === 'Count')
          metric(lines, `${nameOf(name)}_total`, 'counter', [['', counts.get(name) ?? 0]]);
        else summary(lines, nameOf(name), [['', inSeconds(name, samples.get(name) ?? { count: 0, sum: 0 })]]);
      }
      const functions = [...invocations].map(([name, all]) => [`{function="${name}"}`, all] as const);
      summary(lines, 'jobwatch_function_duration_seconds', functions);
      const failures = functions.map(([labels, { failed }]) => [labels, failed] as const);
      metric(lines, 'jobwatch_function_errors_total', 'counter', failures);
      metric(lines, 'jobwatch_engine_restarts_total', 'counter', [['', engineRestarts]]);
      const byName = Map.groupBy(Object.entries(gauges), ([key]) => key.replace(/\{.*$/, ''));
      for (const [name, all] of byName)
        metric(
          lines,
          name,
          'gauge',
          all.map(([key, value]) => [key.slice(name.length), value] as const),
        );
      return `${lines.join('\n')}\n`;
    },
  };
}

/**
 * Embedded metric format; null for a line that is none.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
function metricsIn(line: string): readonly (readonly [MetricName, readonly number[]])[] | null {
  if (!line.startsWith('{') || !line.includes('"_aws"')) return null;
  const parsed = parse(line);
  if (!isFields(parsed) || !isFields(parsed['_aws']) || !Array.isArray(parsed['_aws']['CloudWatchMetrics']))
    return null;
  return (Object.keys(METRICS) as MetricName[]).flatMap((name) => {
    const value = parsed[name];
    const values = (Array.isArray(value) ? value : [value]).filter((one): one is number => typeof one === 'number');
    return values.length === 0 ? [] : [[name, values] as const];
  });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function nameOf(name: MetricName): string {
  const snake = name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
  const base = `jobwatch_${snake}`;
  if (METRICS[name] === 'Count') return base;
  return LONGEST.includes(name) ? `${base}_longest_seconds` : `${base}_seconds`;
}

function inSeconds(name: MetricName, { count, sum }: Samples): Samples {
  return { count, sum: METRICS[name] === 'Milliseconds' ? sum / 1000 : sum };
}

type Labelled<Value> = readonly (readonly [labels: string, value: Value])[];

function metric(lines: string[], name: string, type: 'counter' | 'gauge', values: Labelled<number>): void {
  lines.push(`# TYPE ${name} ${type}`, ...values.map(([labels, value]) => `${name}${labels} ${value}`));
}

function summary(lines: string[], name: string, values: Labelled<Samples>): void {
  lines.push(`# TYPE ${name} summary`);
  for (const [labels, { count, sum }] of values)
    lines.push(`${name}_sum${labels} ${Number(sum.toFixed(6))}`, `${name}_count${labels} ${count}`);
}
