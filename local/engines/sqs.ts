import { mkdirSync } from 'node:fs';
import { startFauxqs } from 'fauxqs';
import { REGION } from '../template/physical.ts';

export interface Engine {
  readonly url: string;
  close(): Promise<void>;
}

export interface SqsOptions {
  /** Queues and messages, in flight or delayed, outlive the process here. */
  readonly dataDir?: string;
  /** Read for AWS_ENDPOINT_URL_SQS. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The endpoint that AWS_ENDPOINT_URL_SQS names, else an SQS in this process. */
export async function startSqs({ dataDir, env }: SqsOptions): Promise<Engine> {
  const endpoint = env['AWS_ENDPOINT_URL_SQS'];
  if (endpoint) return { url: endpoint.replace(/\/$/, ''), close: async () => undefined };
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  const place = dataDir === undefined ? {} : { dataDir };
  const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false, defaultRegion: REGION, ...place });
  return { url: `http://127.0.0.1:${server.port}`, close: () => server.stop() };
}
