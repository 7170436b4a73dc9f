import { mkdirSync } from 'node:fs';
import { startFauxqs } from 'fauxqs';
import { REGION } from '../template/physical.ts';

export interface Engine {
  readonly url: string;
  close(): Promise<void>;
}

/** SQS in this process. With `dataDir`, queues and messages, in flight or delayed, outlive it. */
export async function startSqs(dataDir?: string): Promise<Engine> {
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });
  const place = dataDir === undefined ? {} : { dataDir };
  const server = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false, defaultRegion: REGION, ...place });
  return { url: `http://127.0.0.1:${server.port}`, close: () => server.stop() };
}
