import { mkdirSync } from 'node:fs';
import { buildApp } from 'fauxqs';
import { S3Store } from '../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../node_modules/fauxqs/dist/sns/snsStore.js';
import { SqsStore } from '../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import { REGION } from '../template/physical.ts';
import { QueueFile } from './queue-file.ts';

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

const HOST = '127.0.0.1';

/**
 * The endpoint that AWS_ENDPOINT_URL_SQS names, else an SQS in this process. The engine's own start listens on every
 * address of the machine, whatever host it is given, and its file loses messages: so it is put together here.
 */
export async function startSqs({ dataDir, env }: SqsOptions): Promise<Engine> {
  const endpoint = env['AWS_ENDPOINT_URL_SQS'];
  if (endpoint) return { url: endpoint.replace(/\/$/, ''), close: async () => undefined };
  const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
  const file = dataDir === undefined ? null : openFile(dataDir, stores.sqsStore);
  const app = buildApp({ logger: false, host: HOST, defaultRegion: REGION, stores });
  if (file !== null) app.addHook('preClose', async () => file.close());
  const url = await app.listen({ port: 0, host: HOST });
  return { url, close: () => app.close() };
}

/** What the file holds is loaded before it is written to: a queue that is put in anew takes its messages with it. */
function openFile(dataDir: string, store: SqsStore): QueueFile {
  mkdirSync(dataDir, { recursive: true });
  const file = new QueueFile(dataDir);
  file.loadSqsAndSns(store, new SnsStore());
  store.persistence = file;
  for (const queue of store.allQueues()) queue.persistence = file;
  return file;
}
