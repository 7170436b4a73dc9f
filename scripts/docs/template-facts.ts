import * as v from 'valibot';
import { type References, resolve } from '../../local/template/intrinsics.ts';
import { resourcesOf, type Template } from '../../local/template/template.ts';
import { fields, isFields, list, text } from '../../local/template/values.ts';

/**
 * A metric that an alarm or the dashboard reads. Dimensions that name a resource hold `<LogicalId>` or
 * `<LogicalId.Attribute>`.
 */
export interface MetricUse {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

export interface Widget {
  readonly type: string;
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly metrics: readonly MetricUse[];
  readonly alarms: readonly string[];
  /** Of a table of log lines. */
  readonly query: string | null;
}

/** References as `<Name>` and `<Name.Attribute>`. */
export const SHOWN: References = {
  ref: (name) => `<${name}>`,
  attribute: (logicalId, attribute) => `<${logicalId}.${attribute}>`,
};

const metricRow = v.array(v.union([v.string(), v.looseObject({ stat: v.optional(v.string()) })]));
const widget = v.object({
  type: v.string(),
  x: v.number(),
  y: v.number(),
  width: v.number(),
  height: v.number(),
  properties: v.object({
    title: v.optional(v.string()),
    markdown: v.optional(v.string()),
    metrics: v.optional(v.array(metricRow), []),
    alarms: v.optional(v.array(v.string()), []),
    query: v.optional(v.string()),
  }),
});
const dashboard = v.object({ widgets: v.array(widget) });

/** The widgets of the template's dashboard, in its order. Throws if its body is not what CloudWatch takes. */
export function readDashboard(template: Template): readonly Widget[] {
  return resourcesOf(template, 'AWS::CloudWatch::Dashboard').flatMap(([logicalId, { properties }]) => {
    const body: unknown = JSON.parse(text(resolve(properties['DashboardBody'], SHOWN), `${logicalId}.DashboardBody`));
    return v.parse(dashboard, body).widgets.map(({ properties: shown, ...place }) => ({
      ...place,
      title: shown.title ?? shown.markdown?.replace(/^#+ /, '') ?? '',
      metrics: shown.metrics.map(metricIn),
      alarms: shown.alarms,
      query: shown.query ?? null,
    }));
  });
}

/**
 * A row is namespace, name, then dimensions as pairs, then options.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
function metricIn(row: v.InferOutput<typeof metricRow>): MetricUse {
  const words = row.filter((cell) => typeof cell === 'string');
  const options = row.find((cell) => typeof cell !== 'string');
  const [namespace = '', name = '', ...pairs] = words;
  const dimensions = Object.fromEntries(
    pairs.flatMap((key, at) => (at % 2 === 0 ? [[key, pairs[at + 1] ?? ''] as const] : [])),
  );
  return { namespace, name, dimensions, statistic: options?.stat ?? 'Average' };
}

/** Every metric that the template's alarms and dashboard read. */
export function metricsOf(template: Template): readonly MetricUse[] {
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
  return [
    ...alarms.flatMap(([, { properties }]) => metricsOfAlarm(properties)),
    ...readDashboard(template).flatMap(({ metrics }) => metrics),
  ];
}

/** The metrics of one alarm: one of its own, or those that its expression is made of. */
export function metricsOfAlarm(properties: Readonly<Record<string, unknown>>): readonly MetricUse[] {
  const shown = fields(resolve(properties, SHOWN), 'alarm');
  if (shown['Metrics'] === undefined) return [metricOf(shown, shown['Statistic'])];
  return list(shown['Metrics'], 'Metrics')
    .map((part) => fields(part, 'Metrics')['MetricStat'])
    .filter(isFields)
    .map((part) => metricOf(fields(part['Metric'], 'Metric'), part['Stat']));
}

function metricOf(metric: Readonly<Record<string, unknown>>, statistic: unknown): MetricUse {
  const pairs = list(metric['Dimensions'] ?? [], 'Dimensions').map((pair) => {
    const { Name, Value } = fields(pair, 'Dimensions');
    return [text(Name, 'Name'), text(Value, 'Value')] as const;
  });
  return {
    namespace: text(metric['Namespace'], 'Namespace'),
    name: text(metric['MetricName'], 'MetricName'),
    dimensions: Object.fromEntries(pairs),
    statistic: text(statistic, 'Statistic'),
  };
}
