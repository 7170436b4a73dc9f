import type { Cleanup } from '../cleanup.ts';
import { type Grant, refusalOf, rightsFor } from '../gateway/access.ts';
import type { Service } from '../gateway/aws-json.ts';
import { type Call, type GatewayOptions, startGateway } from '../gateway/gateway.ts';
import { giveBack } from '../gateway/give-back.ts';
import { shortenLease } from '../gateway/short-lease.ts';
import type { Tally } from '../gateway/tally.ts';
import type { SystemOptions } from '../options.ts';
import type { EventBus } from '../services/event-bus.ts';
import type { Workflows } from '../services/workflows.ts';
import type { EventQueue } from '../triggers/event-queue.ts';
import type { DynamoEngine } from './dynamo-engine.ts';
import { startDynamo } from './dynamodb.ts';
import { startLambda } from './lambda.ts';
import type { ParameterStore } from './parameters.ts';
import { startSqs } from './sqs.ts';
import { CALLER_KEY_HEADER, startSsm } from './ssm.ts';
import { startServices } from './workflows.ts';

export interface Engines {
  /** The gateways: what functions and clients use; every request is counted and judged. */
  readonly urls: Readonly<Record<Service, string>>;
  /** The engines themselves, for what is not to be counted. */
  readonly direct: Readonly<Record<Service, string>>;
  readonly dynamo: DynamoEngine;
}

const SERVICES = ['sqs', 'dynamodb', 'ssm', 'lambda', 'states', 'events'] as const;

/** As the SDK names them: https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html */
const VARIABLES: Readonly<Record<Service, string>> = {
  sqs: 'SQS',
  dynamodb: 'DYNAMODB',
  ssm: 'SSM',
  lambda: 'LAMBDA',
  states: 'SFN',
  events: 'EVENTBRIDGE',
};

/** What makes the SDK, and what else reads these variables, call the gateways. */
export function endpointVariables({ urls }: Engines): Record<string, string> {
  return Object.fromEntries(SERVICES.map((service) => [`AWS_ENDPOINT_URL_${VARIABLES[service]}`, urls[service]]));
}

export interface EngineContext {
  readonly options: Pick<
    SystemOptions,
    'dataDir' | 'dynamo' | 'env' | 'leaseSeconds' | 'onRequest' | 'onRights' | 'callerKey' | 'onEngineDied'
  >;
  readonly store: ParameterStore;
  readonly tally: Tally;
  /** A caller's rights; null for one that may do everything. */
  readonly grantsOf: (caller: string) => readonly Grant[] | null;
  /** What takes the events of each function, by full name; filled when the functions are there. */
  readonly eventQueues: ReadonlyMap<string, EventQueue>;
  /** Who waits at callbacks, and the bus of events. */
  readonly workflows: Workflows;
  readonly eventBus: EventBus;
  readonly cleanup: Cleanup;
}

/** Starts SQS, DynamoDB, SSM, Lambda, Step Functions and EventBridge, as far as they are called here, each behind a gateway that counts and judges its requests. */
export async function startEngines(context: EngineContext): Promise<Engines> {
  const { options, store, tally, grantsOf, cleanup } = context;
  const place = options.dataDir === undefined ? {} : { dataDir: options.dataDir };
  const kind = options.dynamo === undefined ? {} : { kind: options.dynamo };
  const died = options.onEngineDied ? { onDied: options.onEngineDied } : {};
  const env = options.env ?? process.env;
  const [sqs, dynamo, ssm, lambda, services] = await Promise.all([
    cleanup.owns(startSqs({ ...place, env })),
    cleanup.owns(startDynamo({ ...place, ...kind, ...died, env })),
    cleanup.owns(startSsm(store, options.callerKey ?? null)),
    cleanup.owns(startLambda(context.eventQueues, context.workflows)),
    cleanup.owns(startServices(context.workflows, context.eventBus)),
  ]);
  const direct = {
    sqs: sqs.url,
    dynamodb: dynamo.url,
    ssm: ssm.url,
    lambda: lambda.url,
    states: services.url,
    events: services.url,
  };
  const gateway = async (service: Service): Promise<string> => {
    const admit: GatewayOptions['admit'] = (call) => {
      if (service === 'ssm' && options.callerKey !== undefined && call.callerKey !== options.callerKey)
        return `${call.caller} has not the key of a function`;
      tally.add(call.caller, `${service}:${call.action}`);
      options.onRequest?.(call.caller, `${service}:${call.action}`);
      options.onRights?.(call.caller, rightsFor(call));
      const grants = grantsOf(call.caller);
      return grants ? refusalOf(call, grants) : null;
    };
    const onOrphan: GatewayOptions['onOrphan'] = (call, answer) => {
      // When the engine is closing as well, there is nobody to give it back to.
      if (service === 'sqs') void giveBack(direct.sqs, call, answer).catch(() => undefined);
    };
    const { leaseSeconds } = options;
    const isShort = service === 'sqs' && leaseSeconds !== undefined;
    const alter = isShort ? { alter: (call: Call) => shortenLease(call, leaseSeconds) } : {};
    const headers = service === 'ssm' && options.callerKey ? { [CALLER_KEY_HEADER]: options.callerKey } : {};
    const server = await cleanup.owns(
      startGateway({ service, target: direct[service], admit, onOrphan, headers, ...alter }),
    );
    return server.url;
  };
  const started = await Promise.all(SERVICES.map(async (service) => [service, await gateway(service)] as const));
  const urls = Object.fromEntries(started) as Record<Service, string>;
  return { urls, direct, dynamo };
}
