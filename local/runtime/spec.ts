import { join } from 'node:path';
import { type References, resolve } from '../template/intrinsics.ts';
import { resourcesOf, type Template } from '../template/template.ts';
import { type Fields, fields, text } from '../template/values.ts';
import { unzip } from './unzip.ts';

/** A function as its package says it is to be run. */
export interface FunctionSpec {
  /** The short name: its zip's without the ending and, in a release, the hash. */
  readonly name: string;
  readonly logicalId: string;
  readonly functionName: string;
  readonly functionArn: string;
  /** The unpacked module's path without its ending. */
  readonly module: string;
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Null: as many at a time as there are environments. */
  readonly reservedConcurrency: number | null;
  /** The logical id of its role, or null if the template does not say. */
  readonly roleId: string | null;
  /** Its whole environment: the template's, then Lambda's own, then what the caller overrides. */
  readonly env: Readonly<Record<string, string>>;
}

export interface SpecOptions {
  readonly template: Template;
  readonly references: References;
  /** Where the zips lie. */
  readonly packageDir: string;
  /** Where they are unpacked to; a folder a function. */
  readonly codeDir: string;
  /** Endpoints and settings of this machine, by function. */
  readonly overrides: (name: string) => Readonly<Record<string, string>>;
}

/**
 * Unpacks every function of the template and reads how it is run. Throws an error that names the function if a part is
 * missing.
 */
export function readSpecs(options: SpecOptions): FunctionSpec[] {
  return resourcesOf(options.template, 'AWS::Lambda::Function').map(([logicalId, { properties }]) =>
    readSpec(logicalId, properties, options),
  );
}

const TIMEOUT_DEFAULT_SECONDS = 3;
const MEMORY_DEFAULT_MB = 128;

function readSpec(
  logicalId: string,
  properties: Fields,
  { references, packageDir, codeDir, overrides }: SpecOptions,
): FunctionSpec {
  const { S3Key } = fields(properties['Code'], `${logicalId}.Code`);
  const zip = text(S3Key, `${logicalId}.Code.S3Key`).split('/').at(-1) ?? '';
  const name = zip.replace(/(-[0-9a-f]{64})?\.zip$/, '');
  const taskRoot = join(codeDir, name);
  unzip(join(packageDir, zip), taskRoot);
  const handlerPath = text(properties['Handler'], `${logicalId}.Handler`);
  const dot = handlerPath.lastIndexOf('.');
  const functionName = references.ref(logicalId);
  const memoryMb = Number(properties['MemorySize'] ?? MEMORY_DEFAULT_MB);
  const system = systemVariables({
    functionName,
    handlerPath,
    taskRoot,
    memoryMb,
    runtime: String(properties['Runtime']),
  });
  return {
    name,
    logicalId,
    functionName,
    functionArn: references.attribute(logicalId, 'Arn'),
    module: join(taskRoot, handlerPath.slice(0, dot)),
    handler: handlerPath.slice(dot + 1),
    timeoutMs: Number(properties['Timeout'] ?? TIMEOUT_DEFAULT_SECONDS) * 1000,
    memoryMb,
    reservedConcurrency: reservedIn(properties['ReservedConcurrentExecutions']),
    roleId: roleIn(properties['Role']),
    env: { ...templateVariables(properties, logicalId, references), ...system, ...overrides(name) },
  };
}

function templateVariables(properties: Fields, logicalId: string, references: References): Record<string, string> {
  const { Variables } = fields(properties['Environment'] ?? {}, `${logicalId}.Environment`);
  const resolved = fields(resolve(Variables ?? {}, references), `${logicalId}.Environment.Variables`);
  return Object.fromEntries(Object.entries(resolved).map(([name, value]) => [name, String(value)]));
}

/** A parameter's value is a text. */
function reservedIn(value: unknown): number | null {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : null;
}

function roleIn(role: unknown): string | null {
  const [logicalId] = Object.values(fields(role ?? {}, 'Role')).flat();
  return typeof logicalId === 'string' ? logicalId : null;
}

interface SystemFacts {
  readonly functionName: string;
  readonly handlerPath: string;
  readonly taskRoot: string;
  readonly memoryMb: number;
  readonly runtime: string;
}

/**
 * What Lambda sets:
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
function systemVariables({
  functionName,
  handlerPath,
  taskRoot,
  memoryMb,
  runtime,
}: SystemFacts): Record<string, string> {
  return {
    _HANDLER: handlerPath,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: taskRoot,
    LANG: 'en_US.UTF-8',
    TZ: 'UTC',
    // Keeps the developer's own profiles and endpoints out.
    AWS_CONFIG_FILE: join(taskRoot, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(taskRoot, 'no-credentials'),
  };
}
