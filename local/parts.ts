import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import { type Engines, endpointVariables } from './engines/engines.ts';
import { type Grant, grantsOf } from './gateway/access.ts';
import type { withDefaults } from './options.ts';
import { type LocalFunction, makeFunction } from './runtime/function.ts';
import { type FunctionSpec, readSpecs } from './runtime/spec.ts';
import type { References } from './template/intrinsics.ts';
import { REGION } from './template/physical.ts';
import { stackFiles, type Template } from './template/template.ts';
import { startHttpTrigger } from './triggers/http.ts';
import { makeTriggers, routesOf } from './triggers/wire.ts';

/** What the parts of a stack are made from. */
export interface StackParts {
  readonly options: ReturnType<typeof withDefaults>;
  readonly template: Template;
  readonly references: References;
  readonly engines: Engines;
  readonly cleanup: Cleanup;
}

/** The template's functions, from their zips; each is granted what its role allows. */
export async function startFunctions(
  parts: StackParts,
  grants: Map<string, readonly Grant[]>,
): Promise<readonly LocalFunction[]> {
  const { options, template, references, engines, cleanup } = parts;
  const codeDir = options.codeDir ?? (await mkdtemp(join(tmpdir(), 'jobwatch-')));
  if (options.codeDir !== undefined) await rm(codeDir, { recursive: true, force: true });
  await cleanup.owns({ close: () => rm(codeDir, { recursive: true, force: true }) });
  const overrides = (name: string) => ({
    ...endpointVariables(engines),
    ...credentials(options.callerKey === undefined ? name : `${name}.${options.callerKey}`),
    ...options.environment['*'],
    ...options.environment[name],
  });
  const packageDir = stackFiles(options.packageDir).codeDir;
  const specs = readSpecs({ template, references, packageDir, codeDir, overrides });
  for (const { name, roleId } of specs) if (roleId !== null) grants.set(name, grantsOf(template, roleId, references));
  const functions = specs.map((spec) => functionOf(spec, options));
  await cleanup.owns({ close: async () => void (await Promise.all(functions.map((fn) => fn.close()))) });
  return functions;
}

/** The HTTP API, and the schedules and queues: these begin at once, unless the system starts paused. */
export async function startTriggers(
  { options, template, references, engines, cleanup }: StackParts,
  functions: readonly LocalFunction[],
) {
  const { speed, environmentsMax, onError, beforeRoutes } = options;
  const wiring = { template, references, functions, sqsUrl: engines.urls.sqs, speed, environmentsMax, onError };
  const api = await cleanup.owns(
    startHttpTrigger<LocalFunction>({
      routes: routesOf(wiring),
      invoke: (fn, event) => fn.invoke(event),
      port: options.httpPort,
      address: options.httpAddress,
      ...(beforeRoutes ? { before: beforeRoutes } : {}),
      onError: (error) => onError('api', error),
    }),
  );
  const triggers = makeTriggers(wiring);
  for (const trigger of triggers) await cleanup.owns(trigger);
  if (!options.paused) for (const trigger of triggers) trigger.resume();
  return { api, triggers };
}

function functionOf(
  spec: FunctionSpec,
  { isolation, environmentsMax, onLog, onInvoked }: ReturnType<typeof withDefaults>,
): LocalFunction {
  const kind = typeof isolation === 'string' ? isolation : (isolation[spec.name] ?? 'thread');
  const fn = makeFunction({ spec, isolation: kind, environmentsMax, onLog: (line) => onLog(spec.name, line) });
  if (!onInvoked) return fn;
  return {
    ...fn,
    async invoke(payload) {
      const begunMs = performance.now();
      const result = await fn.invoke(payload);
      onInvoked(spec.name, performance.now() - begunMs, result.ok);
      return result;
    },
  };
}

/** The access key id tells the gateways who asks. */
function credentials(caller: string): Record<string, string> {
  return { AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION, AWS_ACCESS_KEY_ID: caller, AWS_SECRET_ACCESS_KEY: 'local' };
}
