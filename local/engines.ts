import { type Grant, refusalOf, rightsFor } from './access.ts';
import type { Service } from './aws-json.ts';
import type { Cleanup } from './cleanup.ts';
import { type DynamoEngine, startDynamo } from './engines/dynamodb.ts';
import { giveBack } from './engines/give-back.ts';
import type { ParameterStore } from './engines/parameters.ts';
import { shortenLease } from './engines/short-lease.ts';
import { startSqs } from './engines/sqs.ts';
import { startSsm } from './engines/ssm.ts';
import { type Call, type GatewayOptions, startGateway } from './gateway.ts';
import type { SystemOptions } from './options.ts';
import type { Tally } from './tally.ts';

export interface Engines {
  /** The gateways: what functions and clients use; every request is counted and judged. */
  readonly urls: Readonly<Record<Service, string>>;
  /** The engines themselves, for what is not to be counted. */
  readonly direct: Readonly<Record<Service, string>>;
  readonly dynamo: DynamoEngine;
}

export interface EngineContext {
  readonly options: Pick<SystemOptions, 'dataDir' | 'dynamo' | 'leaseSeconds' | 'onRequest' | 'onRights'>;
  readonly store: ParameterStore;
  readonly tally: Tally;
  /** A caller's rights; null for one that may do everything. */
  readonly grantsOf: (caller: string) => readonly Grant[] | null;
  readonly cleanup: Cleanup;
}

/** Starts SQS, DynamoDB and SSM, each behind a gateway that counts and judges its requests. */
export async function startEngines({ options, store, tally, grantsOf, cleanup }: EngineContext): Promise<Engines> {
  const place = options.dataDir === undefined ? {} : { dataDir: options.dataDir };
  const kind = options.dynamo === undefined ? {} : { kind: options.dynamo };
  const [sqs, dynamo, ssm] = await Promise.all([
    cleanup.owns(startSqs(options.dataDir)),
    cleanup.owns(startDynamo({ ...place, ...kind, env: process.env })),
    cleanup.owns(startSsm(store)),
  ]);
  const direct = { sqs: sqs.url, dynamodb: dynamo.url, ssm: ssm.url };
  const gateway = async (service: Service): Promise<string> => {
    const admit: GatewayOptions['admit'] = (call) => {
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
    const server = await cleanup.owns(startGateway({ service, target: direct[service], admit, onOrphan, ...alter }));
    return server.url;
  };
  const [sqsUrl, dynamoUrl, ssmUrl] = await Promise.all([gateway('sqs'), gateway('dynamodb'), gateway('ssm')]);
  return { urls: { sqs: sqsUrl, dynamodb: dynamoUrl, ssm: ssmUrl }, direct, dynamo };
}
