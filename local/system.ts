import { type Cleanup, makeCleanup } from './cleanup.ts';
import { moveClock } from './clock.ts';
import type { DynamoKind } from './engines/dynamo-engine.ts';
import { startEngines } from './engines/engines.ts';
import { makeParameterStore, type ParameterStore } from './engines/parameters.ts';
import type { Grant } from './gateway/access.ts';
import type { Service } from './gateway/aws-json.ts';
import { makeTally, type RequestCounts } from './gateway/tally.ts';
import { type SystemOptions, withDefaults } from './options.ts';
import { startFunctions, startTriggers } from './parts.ts';
import { createResources } from './resources.ts';
import type { LocalFunction } from './runtime/function.ts';
import type { InvokeResult } from './runtime/instance.ts';
import { type References, resolve } from './template/intrinsics.ts';
import { makeReferences, REGION } from './template/physical.ts';
import { readTemplate, stackFiles, type Template } from './template/template.ts';
import { type EventQueue, eventQueuesOf } from './triggers/event-queue.ts';
import { chosen } from './triggers/trigger.ts';

export type { SystemOptions } from './options.ts';

/** What an SDK client needs to speak to the system: pass it to the client's constructor. */
export interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The whole stack on this machine. Functions are named by their short names: `watch`, `deliver`. */
export interface System {
  /** The stack's outputs by name, with addresses of this machine. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly urls: Readonly<Record<Service | 'api', string>>;
  readonly stage: string;
  readonly dynamoKind: DynamoKind;
  /** The process of the DynamoDB engine, if it has one. */
  readonly enginePid: number | null;
  readonly functions: readonly string[];
  /** SSM's parameters: accounts and API tokens may be put here at any time. */
  readonly parameters: ParameterStore;
  /** `caller` is the name under which its requests are counted; default `outside`. */
  clientSettings(service: Service, caller?: string): ClientSettings;
  /**
   * One invocation, beside those of the triggers. Never rejects for what the function did; throws on an unknown name.
   */
  invoke(name: string, payload?: unknown): Promise<InvokeResult>;
  /** The processes that run the function now; none with `thread` isolation. */
  pids(name: string): readonly number[];
  /** Kills whatever the function is doing, at this instant: its invocations fail, and the next starts cold. */
  kill(name: string): Promise<void>;
  /**
   * Kills every function and puts the clock ahead: that of this process, of the queues and of every function that
   * starts from now on. Nothing has happened in between, as in an outage.
   */
  skip(ms: number): Promise<void>;
  /**
   * Stops the schedules and the queue polling of these functions, or of all, and waits until what they began has ended.
   */
  pause(...names: string[]): Promise<void>;
  resume(...names: string[]): void;
  requestCounts(): RequestCounts;
  resetRequestCounts(): void;
  /** Ends functions, triggers and engines, whatever they are doing. */
  close(): Promise<void>;
}

/**
 * Starts the packaged stack on this machine: engines for SQS, DynamoDB, SSM and Lambda's Invoke, the template's queues
 * and tables, its functions from their zips, and what triggers them. Every request of a function is judged by its role
 * in the template, as IAM would. Rejects, with nothing left running, if a part can't start.
 */
export async function startSystem(given: SystemOptions): Promise<System> {
  const cleanup = makeCleanup();
  try {
    return await start(given, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start(given: SystemOptions, cleanup: Cleanup): Promise<System> {
  const options = withDefaults(given);
  const template = readTemplate(stackFiles(options.packageDir).template, options.stackParameters);
  const store = options.parameterStore ?? makeParameterStore(Date.now);
  for (const [name, value] of Object.entries(options.parameters)) store.put(name, value);
  const tally = makeTally();
  const grants = new Map<string, readonly Grant[]>();
  const eventQueues = new Map<string, EventQueue>();
  const engines = await startEngines({
    options,
    store,
    tally,
    cleanup,
    grantsOf: (caller) => grants.get(caller) ?? null,
    eventQueues,
    workflows: options.workflows,
    eventBus: options.eventBus,
  });
  const references = makeReferences(template, { stackName: options.stackName, sqsUrl: engines.urls.sqs });
  await createResources({ template, references, sqsUrl: engines.direct.sqs, dynamoUrl: engines.direct.dynamodb });

  const stack = { options, template, references, engines, cleanup };
  const functions = await startFunctions(stack, grants);
  for (const [name, queue] of eventQueuesOf(template, references, functions, options.onError)) {
    eventQueues.set(name, queue);
    await cleanup.owns(queue);
  }
  const { api, triggers } = await startTriggers(stack, functions);

  return {
    outputs: outputsOf(template, references, api.url),
    urls: { ...engines.urls, api: api.url },
    stage: functions[0]?.spec.env['STAGE'] ?? '',
    dynamoKind: engines.dynamo.kind,
    get enginePid() {
      return engines.dynamo.pid;
    },
    functions: functions.map(({ spec }) => spec.name),
    parameters: store,
    clientSettings: (service, caller = 'outside') => clientSettings(engines.urls[service], caller),
    invoke: async (name, payload) => pick(functions, name).invoke(payload),
    pids: (name) => pick(functions, name).pids(),
    kill: async (name) => pick(functions, name).kill(),
    async skip(ms) {
      const killed = functions.map((fn) => fn.kill());
      // At once, so that whatever starts while the killed ones go has the new time.
      moveClock(ms);
      await Promise.all(killed);
    },
    async pause(...names) {
      await Promise.all(chosen(triggers, names).map((trigger) => trigger.pause()));
      // Only then: what the triggers began may have invoked more.
      await Promise.all(chosen([...eventQueues.values()], names).map((queue) => queue.settled()));
    },
    resume(...names) {
      for (const trigger of chosen(triggers, names)) trigger.resume();
    },
    requestCounts: tally.counts,
    resetRequestCounts: tally.reset,
    close: cleanup.run,
  };
}

function clientSettings(endpoint: string, caller: string): ClientSettings {
  return { endpoint, region: REGION, credentials: { accessKeyId: caller, secretAccessKey: 'local' } };
}

/** An API's address in AWS holds its id: the outputs name the one on this machine instead. */
function outputsOf(template: Template, references: References, apiUrl: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(template.outputs).map(([name, value]) => {
      const resolved = String(resolve(value, references));
      return [name, resolved.replace(/https:\/\/[\w-]+\.execute-api\.[\w.-]+/, apiUrl)];
    }),
  );
}

function pick(functions: readonly LocalFunction[], name: string): LocalFunction {
  const fn = functions.find(({ spec }) => spec.name === name);
  if (!fn) throw new Error(`there is no function ${name}`);
  return fn;
}
