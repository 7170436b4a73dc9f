import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { SIMULATED } from './clouds.ts';
import { answerControl } from './control.ts';
import { deliver } from './deliver.ts';
import { type RawRequest, readRawRequest } from './raw-request.ts';
import { replacementReply } from './replacement.ts';
import { jsonReply, type Reply } from './reply.ts';
import type { Simulator } from './simulator.ts';
import type { Call, World } from './world.ts';

/** A host of a cloud that has a port to itself; null: the simulator's own origin. */
export type Place = { readonly cloud: string; readonly host: string } | null;

type Inside = Omit<Simulator, 'url' | 'endpointsOf' | 'close'>;

/**
 * One listener for everything: the control API under `/_sim/`, then the first cloud that takes the request.
 */
export function makeRequestListener(simulator: Inside, world: World, place: Place = null): RequestListener {
  return (message, response) => {
    answer(simulator, world, place, message, response).catch((error: unknown) => giveUp(message, response, error));
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
  place: Place,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await readRawRequest(message);
  if (!request) return deliver(response, jsonReply(413, { error: 'the body is too large' }, 'tooLarge'), null);
  if (place === null && request.path.startsWith('/_sim/'))
    return deliver(response, answerControl(simulator, request), null);
  return answerVendor(world, place, request, response);
}

async function answerVendor(world: World, place: Place, request: RawRequest, response: ServerResponse): Promise<void> {
  const nowMs = world.clock();
  const call = route(request, world, place);
  const finish = world.counters.begin(world.keys.has(call.key) ? call.key : '(unknown)', call.api, nowMs);
  response.once('close', finish);
  const effects = world.faults.pick(call, nowMs);
  const serviceNowMs = nowMs + effects.skewMs;
  const { replacement, damage } = effects;
  const reply = replacement ? replacementReply(replacement, call) : call.answer({ nowMs, serviceNowMs, effects });
  world.counters.outcome(call.api, call.action, damage ? `fault:${damage.kind}` : reply.outcome);
  await deliver(response, dated(reply, serviceNowMs), damage);
}

function route(request: RawRequest, world: World, place: Place): Call {
  const clouds = place === null ? SIMULATED : SIMULATED.filter(({ name }) => name === place.cloud);
  for (const cloud of clouds) {
    const call = cloud.route(request, world, place?.host ?? null);
    if (call !== null) return call;
  }
  throw new Error('no cloud takes the request');
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
