import { randomUUID } from 'node:crypto';
import type { DynamoKind } from './engines/dynamo-engine.ts';
import type { ParameterStore } from './engines/parameters.ts';
import type { Grant } from './gateway/access.ts';
import type { Isolation } from './runtime/environment.ts';
import { type EventBus, makeEventBus } from './services/event-bus.ts';
import { EVENT_BUS_ARN } from './services/parameters.ts';
import { makeWorkflows, type Workflows } from './services/workflows.ts';
import type { Parameters } from './template/conditions.ts';
import type { BeforeRoutes } from './triggers/http.ts';

export interface SystemOptions {
  /** Where `npm run package` left the template and the zips, or the folder of a release. */
  readonly packageDir: string;
  /** Of the template's parameters those that are not to have their defaults. */
  readonly stackParameters?: Parameters;
  /** Queues and tables outlive the system in this folder; without one they live in memory. */
  readonly dataDir?: string;
  /**
   * Schedules run this many times as fast: with 12, a minute is 5 s. Time-outs and everything else keep real time.
   * Default 1.
   */
  readonly speed?: number;
  /** Who waits at callbacks; default: whoever a token names. */
  readonly workflows?: Workflows;
  /** Default: one that takes what it should. */
  readonly eventBus?: EventBus;
  /** For all functions, or by short name. Default `thread`. */
  readonly isolation?: Isolation | Readonly<Record<string, Isolation>>;
  /** Variables over the template's, by the function's short name; `*` is for all. */
  readonly environment?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** SSM parameters to begin with, as SecureStrings, by full name. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** In the place of `parameters`: what SSM answers with. */
  readonly parameterStore?: ParameterStore;
  /**
   * Without it the parameters, which hold secrets, are not given: a text that the functions have in their environment.
   * Default: whoever is on this machine may read them.
   */
  readonly callerKey?: string;
  /** Where the functions are unpacked to; emptied first. Default: a new folder for temporary files, removed in the end. */
  readonly codeDir?: string;
  /** Of the HTTP API; default 0, a free one. */
  readonly httpPort?: number;
  /** The address that the HTTP API listens on; default 127.0.0.1. */
  readonly httpAddress?: string;
  /** Sees each request of the HTTP API before its routes do. */
  readonly beforeRoutes?: BeforeRoutes;
  /** Execution environments of one function at the same time, default 4. */
  readonly environmentsMax?: number;
  /** Starts with the schedules and the queue polling off. */
  readonly paused?: boolean;
  /** Takes this DynamoDB engine instead of the first that is there. */
  readonly dynamo?: DynamoKind;
  /**
   * Read for AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_DYNAMODB, which name engines that run already, and for PATH.
   * Default: this process's.
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * Queues and tables begin with it. Default `jobwatch-local`; where nothing is to be left from earlier runs, which is
   * where an engine runs already and there is no `dataDir`, a new one.
   */
  readonly stackName?: string;
  /**
   * For tests: a receive hides its messages for at most so long, whatever it asks for or its queue says, so that what a
   * killed function had received comes back soon. The functions go on relying on the lease that they asked for:
   * messages come back while they are worked on, which is harder on them than AWS is.
   */
  readonly leaseSeconds?: number;
  /**
   * For tests: told of every request (`sqs:ReceiveMessage`) before it goes to its engine. Callers are named as in
   * `requestCounts`.
   */
  readonly onRequest?: (caller: string, action: string) => void;
  /** For tests: the rights that each request needs, whether its caller has them or not. */
  readonly onRights?: (caller: string, rights: readonly Grant[]) => void;
  /** Told of each invocation when it has ended. */
  readonly onInvoked?: (functionName: string, durationMs: number, isGood: boolean) => void;
  /** Told when the DynamoDB engine has died: it is started again on its port. Default: it stays dead. */
  readonly onEngineDied?: (starts: number) => void;
  /** A line that a function printed. Default: nobody listens. */
  readonly onLog?: (functionName: string, line: string) => void;
  /**
   * What nobody waits for: failed invocations of triggers and of the HTTP API, a queue that can't be read. Default: to
   * stderr.
   */
  readonly onError?: (functionName: string, error: unknown) => void;
}

export function withDefaults(options: SystemOptions) {
  const { AWS_ENDPOINT_URL_SQS: sqs, AWS_ENDPOINT_URL_DYNAMODB: dynamodb } = options.env ?? process.env;
  const isShared = options.dataDir === undefined && Boolean(sqs || dynamodb);
  return {
    speed: 1,
    isolation: 'thread' as const,
    environment: {},
    parameters: {},
    httpPort: 0,
    httpAddress: '127.0.0.1',
    environmentsMax: 4,
    paused: false,
    stackParameters: {},
    workflows: makeWorkflows({ takesAny: true }),
    eventBus: makeEventBus([EVENT_BUS_ARN]),
    stackName: isShared ? `jobwatch-${randomUUID().slice(0, 8)}` : 'jobwatch-local',
    onLog: () => undefined,
    onError: (functionName: string, error: unknown) => console.error(functionName, error),
    ...options,
  } satisfies SystemOptions;
}
