import { join } from 'node:path';
import type { Parameters } from '../local/template/conditions.ts';
import { PACKAGE_DIR, readTemplate, resourcesOf, TEMPLATE_FILE, type Template } from '../local/template/template.ts';

/** The packaged stack as it is deployed with these parameters. */
export function packagedTemplate(parameters: Parameters = {}): Template {
  return readTemplate(join(import.meta.dirname, '..', PACKAGE_DIR, TEMPLATE_FILE), parameters);
}

/** What decides when a job is polled: "watch 50 s", "watch 57 s, wake". */
export function buildOf(template: Template): string {
  return `watch ${watchSecondsOf(template)} s${isWoken(template) ? ', wake' : ''}`;
}

/** How long a tick works on while anything is under watch. */
export function watchSecondsOf(template: Template): number {
  const { Environment } = template.resources['WatchLambdaFunction']?.properties ?? {};
  return Number((Environment as { Variables: Record<string, string> }).Variables['WATCH_SECONDS']);
}

/** The pending queue invokes a function. */
export function isWoken(template: Template): boolean {
  return resourcesOf(template, 'AWS::Lambda::EventSourceMapping').some(
    ([, { properties }]) =>
      JSON.stringify(properties['EventSourceArn']).includes('"PendingQueue"') && properties['Enabled'] !== false,
  );
}

/** Metrics that its alarms read: what they are billed by. */
export function alarmMetricsOf(template: Template): number {
  const counts = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, { properties }]) => {
    const { Metrics } = properties;
    return Array.isArray(Metrics) ? Metrics.filter((part: object) => 'MetricStat' in part).length : 1;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
