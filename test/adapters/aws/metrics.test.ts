import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeMetrics } from '../../../lib/adapters/aws/metrics.ts';

/** Goal: what an invocation adds is printed when it ends, as CloudWatch reads it. Method: read standard output. */
const printed: string[] = [];

beforeEach(() => {
  printed.length = 0;
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    printed.push(String(chunk));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const linesPrinted = () =>
  printed
    .join('')
    .split('\n')
    .filter((line) => line.includes('_aws'))
    .map((line) => JSON.parse(line));

describe('metrics', () => {
  it('are one line an invocation: counts added up, measurements as samples', async () => {
    const metrics = makeMetrics('prod');
    const handle = metrics.around(async (jobs: number) => {
      metrics.add('JobsAsked', jobs);
      metrics.add('JobsAsked', jobs);
      metrics.add('VendorDuration', 1.23456);
      metrics.add('VendorDuration', 8);
      return 'done';
    });
    expect(await handle(2)).toBe('done');
    await handle(3);
    expect(linesPrinted()).toMatchObject([
      { service: 'jobwatch', stage: 'prod', JobsAsked: 4, VendorDuration: [1.235, 8] },
      { service: 'jobwatch', stage: 'prod', JobsAsked: 6, VendorDuration: [1.235, 8] },
    ]);
    expect(linesPrinted()[0]._aws.CloudWatchMetrics).toEqual([
      {
        Namespace: 'jobwatch',
        Dimensions: [['service', 'stage']],
        Metrics: [
          { Name: 'VendorDuration', Unit: 'Milliseconds' },
          { Name: 'JobsAsked', Unit: 'Count' },
        ],
      },
    ]);
  });

  it('of an invocation that fails are printed too, and its error is its own', async () => {
    const metrics = makeMetrics('prod');
    const handle = metrics.around(async () => {
      metrics.add('Faults', 1);
      throw new Error('cut off');
    });
    await expect(handle()).rejects.toThrow('cut off');
    expect(linesPrinted()).toMatchObject([{ Faults: 1 }]);
  });

  it('that nobody added make no line', async () => {
    await makeMetrics('prod').around(async () => undefined)();
    expect(printed).toEqual([]);
  });

  it('lose nothing when there are more values than one line takes', async () => {
    const metrics = makeMetrics('prod');
    await metrics.around(async () => {
      for (let at = 0; at < 250; at += 1) metrics.add('AskDelay', at);
    })();
    expect(linesPrinted().flatMap(({ AskDelay }) => AskDelay)).toEqual(Array.from({ length: 250 }, (_, at) => at));
  });
});
