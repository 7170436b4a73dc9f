import { Metrics as Emf } from '@aws-lambda-powertools/metrics';
import { describe, expect, test, vi } from 'vitest';
import { makeMetrics } from '../../../lib/adapters/aws/metrics.ts';
import { METRICS, type MetricName } from '../../../lib/metrics/names.ts';
import { makeFigures } from '../../../local/serve/figures.ts';
import { makeServeLog } from '../../../local/serve/log.ts';

/** The lines that the functions print for these figures. */
async function printed(figures: readonly (readonly [MetricName, number])[]): Promise<string[]> {
  const lines: string[] = [];
  const spy = vi.spyOn(Emf.prototype, 'publishStoredMetrics').mockImplementation(function print(this: Emf) {
    lines.push(JSON.stringify(this.serializeMetrics()));
    this.clearMetrics();
    return this;
  });
  const metrics = makeMetrics('prod');
  await metrics.around(async () => {
    for (const [name, value] of figures) metrics.add(name, value);
  })();
  spy.mockRestore();
  return lines;
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const LINE = /^(# TYPE [a-z_]+ (counter|gauge|summary)|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+)$/;

describe('figures', () => {
  test('are what the functions print, summed up, in the text of Prometheus', async () => {
    const figures = makeFigures();
    const lines = [
      ...(await printed([
        ['JobsAsked', 3],
        ['VendorDuration', 250],
        ['VendorDuration', 750],
        ['OpenJobs', 9],
      ])),
      ...(await printed([
        ['JobsAsked', 2],
        ['OpenJobs', 4],
        ['OldestDue', 1.5],
      ])),
    ];
    expect(lines.map(figures.take)).toEqual([true, true]);
    figures.invoked('watch', 1500, true);
    figures.invoked('watch', 500, false);
    figures.engineDied();
    const text = figures.text({ 'jobwatch_queue_messages{queue="pending",state="visible"}': 5 });
    expect(
      text
        .split('\n')
        .slice(0, -1)
        .filter((line) => !LINE.test(line)),
    ).toEqual([]);
    for (const line of [
      'jobwatch_jobs_asked_total 5',
      'jobwatch_vendor_duration_seconds_sum 1',
      'jobwatch_vendor_duration_seconds_count 2',
      'jobwatch_oldest_due_longest_seconds_sum 1.5',
      'jobwatch_open_jobs 4',
      'jobwatch_jobs_lost_total 0',
      'jobwatch_function_duration_seconds_sum{function="watch"} 2',
      'jobwatch_function_errors_total{function="watch"} 1',
      'jobwatch_engine_restarts_total 1',
      'jobwatch_queue_messages{queue="pending",state="visible"} 5',
    ])
      expect(text.split('\n')).toContain(line);
  });

  test('has each metric of AWS once it was seen', async () => {
    const figures = makeFigures();
    const all = (Object.keys(METRICS) as MetricName[]).map((name) => [name, 1] as const);
    for (const line of await printed(all)) figures.take(line);
    const names = figures.text({}).matchAll(/^# TYPE (\S+) /gm);
    const own = [...names].filter(([, name]) => !/function|engine/.test(name ?? ''));
    expect(own).toHaveLength(all.length);
  });

  test.each(['plain', '{"message":"x"}', '{"_aws":1', '{"_aws":{"CloudWatchMetrics":1}}', ''])(
    'leave other lines to the log: %s',
    (line) => {
      expect(makeFigures().take(line)).toBe(false);
    },
  );
});

describe('the log', () => {
  test('is a line of JSON each, whatever a function prints', () => {
    let text = '';
    const log = makeServeLog(
      (part) => (text += part),
      () => 0,
    );
    log.pass('watch', '{"message":"as it came"}');
    log.pass('watch', 'Error: a "crash"');
    log.info('serve.ready', { port: 1 });
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ message }) => message)).toEqual(['as it came', 'function.printed', 'serve.ready']);
    expect(lines[1]).toMatchObject({ function: 'watch', line: 'Error: a "crash"', level: 'WARN' });
  });
});
