import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { routeAlibaba } from './alibaba/gateway.ts';
import { answerControl } from './control.ts';
import { deliver } from './deliver.ts';
import { routeHuawei } from './huawei/gateway.ts';
import { type RawRequest, readRawRequest } from './raw-request.ts';
import { replacementReply } from './replacement.ts';
import { jsonReply, type Reply } from './reply.ts';
import type { Simulator } from './simulator.ts';
import type { World } from './world.ts';

type Inside = Omit<Simulator, 'url' | 'close'>;

/**
 * One listener for everything: the control API under `/_sim/`, Alibaba's requests by their headers, the rest is
 * Huawei's.
 */
export function makeRequestListener(simulator: Inside, world: World): RequestListener {
  return (message, response) => {
    answer(simulator, world, message, response).catch((error: unknown) => giveUp(message, response, error));
  };
}

/** Resolves to the origin. */
export function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the server has no port'));
      else resolve(`http://${host.includes(':') ? `[${host}]` : host}:${address.port}`);
    });
  });
}

async function answer(
  simulator: Inside,
  world: World,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await readRawRequest(message);
  if (!request) return deliver(response, jsonReply(413, { error: 'the body is too large' }, 'tooLarge'), null);
  if (request.path.startsWith('/_sim/')) return deliver(response, answerControl(simulator, request), null);
  return answerVendor(world, request, response);
}

async function answerVendor(world: World, request: RawRequest, response: ServerResponse): Promise<void> {
  const nowMs = world.clock();
  const call = routeAlibaba(request, world) ?? routeHuawei(request, world);
  const finish = world.counters.begin(world.keys.has(call.key) ? call.key : '(unknown)', call.api, nowMs);
  response.once('close', finish);
  const effects = world.faults.pick(call, nowMs);
  const serviceNowMs = nowMs + effects.skewMs;
  const { replacement, damage } = effects;
  const reply = replacement ? replacementReply(replacement, call) : call.answer({ nowMs, serviceNowMs, effects });
  world.counters.outcome(call.api, call.action, damage ? `fault:${damage.kind}` : reply.outcome);
  await deliver(response, dated(reply, serviceNowMs), damage);
}

/** The `Date` header tells the service's time, which need not be this machine's. */
function dated(reply: Reply, serviceNowMs: number): Reply {
  return { ...reply, headers: { date: new Date(serviceNowMs).toUTCString(), ...reply.headers } };
}

/** A client that went away needs nothing; any other error is a mistake in the simulator, and the client is told so. */
function giveUp(message: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (!message.complete || response.headersSent) {
    response.destroy();
    return;
  }
  const reason = error instanceof Error ? error.message : String(error);
  response.writeHead(500, { 'content-type': 'text/plain' });
  response.end(`the simulator failed: ${reason}\n`);
}
