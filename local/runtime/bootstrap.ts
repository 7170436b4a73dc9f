/**
 * The inside of an execution environment, in a worker thread or in a child process: loads the handler once and serves
 * one invocation at a time. A module that can't be loaded makes every invocation fail, as in Lambda.
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import { moveClock } from '../clock.ts';
import type { FromEnvironment, FunctionError, Invoke, Start, ToEnvironment } from './protocol.ts';

type Handler = (event: unknown, context: object) => unknown;

const send = (message: FromEnvironment): void => {
  if (parentPort) parentPort.postMessage(message);
  else process.send?.(message);
};

let loading: Promise<Handler> | null = null;

async function load({ module, handler }: Start): Promise<Handler> {
  const ending = ['.js', '.mjs', '.cjs'].find((candidate) => existsSync(module + candidate));
  if (!ending) throw Object.assign(new Error(`Cannot find module '${module}'`), { name: 'Runtime.ImportModuleError' });
  const file = module + ending;
  const exported = ending === '.cjs' ? createRequire(import.meta.url)(file) : await import(pathToFileURL(file).href);
  if (typeof exported[handler] === 'function') return exported[handler];
  throw Object.assign(new Error(`${module}.${handler} is undefined or not exported`), {
    name: 'Runtime.HandlerNotFound',
  });
}

async function serve(message: Invoke): Promise<void> {
  const { requestId } = message;
  try {
    const handler = await loading;
    const result = await handler?.(JSON.parse(message.payload), contextOf(message));
    send({ kind: 'returned', requestId, payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    send({ kind: 'threw', requestId, error: describe(error) });
  }
}

function contextOf({ requestId, deadlineMs, functionName, functionArn, memoryMb }: Invoke): object {
  return {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: String(memoryMb),
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? '',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function describe(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

function receive(message: ToEnvironment): void {
  if (message.kind === 'invoke') {
    void serve(message);
    return;
  }
  moveClock(message.clockOffsetMs);
  loading = load(message);
  // The failure is told by the invocations that wait for it.
  loading.catch(() => undefined);
}

if (parentPort) {
  parentPort.on('message', receive);
} else {
  process.on('message', receive);
  // Without the runtime nobody would ever end this process.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}
