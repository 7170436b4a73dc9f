import type { LocalFunction } from '../runtime/function.ts';
import { type References, referencesIn, resolve } from '../template/intrinsics.ts';
import { ACCOUNT_ID, REGION } from '../template/physical.ts';
import { resourcesOf, type Template } from '../template/template.ts';
import { type Fields, fields, list, text } from '../template/values.ts';
import type { Route } from './http-route.ts';
import { makeQueueTrigger } from './queue.ts';
import { rateMs } from './rate.ts';
import { makeSchedule } from './schedule.ts';
import type { Trigger } from './trigger.ts';

export interface WireContext {
  readonly template: Template;
  readonly references: References;
  readonly functions: readonly LocalFunction[];
  readonly sqsUrl: string;
  readonly speed: number;
  readonly environmentsMax: number;
  /** Told of what a caller would otherwise not hear: failed invocations of schedules, a queue that can't be read. */
  readonly onError: (functionName: string, error: unknown) => void;
}

/** The schedules and event sources of the template, paused. Throws on a kind that is not supported. */
export function makeTriggers(context: WireContext): Trigger[] {
  const schedules = resourcesOf(context.template, 'AWS::Scheduler::Schedule').filter(
    ([, { properties }]) => properties['State'] !== 'DISABLED',
  );
  const sources = resourcesOf(context.template, 'AWS::Lambda::EventSourceMapping').filter(
    ([, { properties }]) => properties['Enabled'] !== false,
  );
  return [
    ...schedules.map(([logicalId, { properties }]) => scheduleOf(logicalId, properties, context)),
    ...sources.map(([logicalId, { properties }]) => queueTriggerOf(logicalId, properties, context)),
  ];
}

function scheduleOf(
  logicalId: string,
  properties: Fields,
  { references, functions, speed, onError }: WireContext,
): Trigger {
  const target = fields(resolve(properties['Target'], references), `${logicalId}.Target`);
  const fn = functionAt(functions, text(target['Arn'], `${logicalId}.Target.Arn`));
  const input: unknown = typeof target['Input'] === 'string' ? JSON.parse(target['Input']) : null;
  return makeSchedule({
    functionName: fn.spec.name,
    intervalMs: rateMs(text(properties['ScheduleExpression'], `${logicalId}.ScheduleExpression`)) / speed,
    async fire() {
      const result = await fn.invoke(input ?? scheduledEvent(logicalId));
      if (!result.ok) onError(fn.spec.name, result.error);
    },
  });
}

/** What the scheduler sends to a target without an input of its own. */
function scheduledEvent(logicalId: string): unknown {
  return {
    version: '0',
    id: crypto.randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: ACCOUNT_ID,
    time: new Date().toISOString().replace(/\.\d+/, ''),
    region: REGION,
    resources: [`arn:aws:scheduler:${REGION}:${ACCOUNT_ID}:schedule/default/${logicalId}`],
    detail: '{}',
  };
}

const CONCURRENCY_DEFAULT = 5;

function queueTriggerOf(logicalId: string, properties: Fields, context: WireContext): Trigger {
  const { template, references, functions, sqsUrl, environmentsMax, onError } = context;
  if (properties['FilterCriteria'] !== undefined)
    throw new Error(`${logicalId}: FilterCriteria are not supported here`);
  const queueArn = text(resolve(properties['EventSourceArn'], references), `${logicalId}.EventSourceArn`);
  const queue = resourcesOf(template, 'AWS::SQS::Queue').find(([id]) => references.attribute(id, 'Arn') === queueArn);
  if (!queue) throw new Error(`${logicalId}: ${queueArn} is no queue of the template`);
  const fn = functionAt(functions, text(resolve(properties['FunctionName'], references), `${logicalId}.FunctionName`));
  const scaling = fields(properties['ScalingConfig'] ?? {}, `${logicalId}.ScalingConfig`);
  return makeQueueTrigger({
    functionName: fn.spec.name,
    invoke: fn.invoke,
    sqsUrl,
    queueUrl: references.ref(queue[0]),
    queueArn,
    batchSize: Number(properties['BatchSize'] ?? 10),
    concurrencyMax: Math.min(Number(scaling['MaximumConcurrency'] ?? CONCURRENCY_DEFAULT), environmentsMax),
    reportsFailures: list(properties['FunctionResponseTypes'] ?? [], logicalId).includes('ReportBatchItemFailures'),
    onError: (error) => onError(fn.spec.name, error),
  });
}

/** The routes of the template's HTTP APIs, each with the function behind its integration. */
export function routesOf({
  template,
  references,
  functions,
}: Pick<WireContext, 'template' | 'references' | 'functions'>): Route<LocalFunction>[] {
  return resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(([logicalId, { properties }]) => {
    const integrationId = referencesIn(properties['Target']).find(
      (id) => template.resources[id]?.type === 'AWS::ApiGatewayV2::Integration',
    );
    const integration = template.resources[integrationId ?? ''];
    if (!integration) throw new Error(`${logicalId}: its target is no integration of the template`);
    const arn = text(resolve(integration.properties['IntegrationUri'], references), `${integrationId}.IntegrationUri`);
    return { key: text(properties['RouteKey'], `${logicalId}.RouteKey`), target: functionAt(functions, arn) };
  });
}

/** By ARN, plain or within an integration's URI, or by name. */
function functionAt(functions: readonly LocalFunction[], arn: string): LocalFunction {
  const fn = functions.find(
    ({ spec }) => arn === spec.functionName || arn === spec.functionArn || arn.includes(`${spec.functionArn}/`),
  );
  if (!fn) throw new Error(`${arn} is no function of the template`);
  return fn;
}
