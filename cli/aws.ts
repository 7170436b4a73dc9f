import { SQSClient } from '@aws-sdk/client-sqs';
import {
  GetParameterCommand,
  GetParametersByPathCommand,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { makePendingSender } from '../lib/adapters/sqs/pending.ts';
import { EXIT } from './exit.ts';
import type { Listed } from './queues/move-messages.ts';
import { findQueue, QUEUES_OF, type Redriven, type RedriveOptions, redrive } from './queues/redrive.ts';

export interface StoredParameter {
  readonly name: string;
  readonly value: string;
  readonly version: number;
  readonly changedAt: string | null;
}

/** What the command line does with AWS credentials. Everything throws a CliError that says what to do. */
export interface Aws {
  /** Decrypted; null if there is none. */
  get(name: string): Promise<StoredParameter | null>;
  /**
   * As a SecureString under that KMS key; null: alias/aws/ssm. SSM takes the key from each write and does not go by the
   * one before: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
   */
  put(name: string, value: string, keyId: string | null): Promise<void>;
  below(path: string): Promise<readonly StoredParameter[]>;
  /** Rejects if the queue did not take the message. */
  submit(queueUrl: string, body: string): Promise<void>;
  /** Puts messages back, of the stage's queues or of those that are named. */
  redrive(options: Redrive, io: RedriveWorld): Promise<Redriven>;
}

export type Redrive = Omit<RedriveOptions, 'from' | 'to'> &
  (Pick<RedriveOptions, 'from' | 'to'> | { readonly stage: string });

export interface RedriveWorld {
  readonly list: (message: Listed) => void;
  readonly say: (line: string) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
}

const PROGRESS_EVERY_MS = 2000;
const LONG_POLL_SECONDS = 2;

/**
 * A parameter of the standard tier.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
 */
const VALUE_MAX_BYTES = 4096;

/** Makes the error of a CliError: this module is packed by itself, and would hold another class of that name. */
export type Refuse = (exitCode: number, message: string) => Error;

export function makeAws(region: string | null, refuse: Refuse): Aws {
  const explained = <T>(work: () => Promise<T>) => explain(work, refuse);
  const settings = region === null ? {} : { region };
  const ssm = new SSMClient(settings);
  const sqs = new SQSClient(settings);

  return {
    get: (name) =>
      explained(async () => {
        try {
          const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
          return stored(Parameter ?? {});
        } catch (error) {
          if (error instanceof ParameterNotFound) return null;
          throw error;
        }
      }),
    put: async (name, value, keyId) => {
      if (Buffer.byteLength(value) > VALUE_MAX_BYTES) {
        const limit = `the ${VALUE_MAX_BYTES} bytes that SSM allows`;
        throw refuse(EXIT.failed, `${name} would be longer than ${limit}: remove something first.`);
      }
      const key = keyId === null ? {} : { KeyId: keyId };
      const input = { Name: name, Value: value, Type: 'SecureString', Overwrite: true, ...key } as const;
      await explained(() => ssm.send(new PutParameterCommand(input)));
    },
    below: (path) => explained(() => list(ssm, path)),
    submit: (queueUrl, body) => explained(() => makePendingSender(sqs, queueUrl).submit(body)),
    redrive: async (options, { sleep, ...io }) => {
      const urls = 'from' in options ? options : await queuesOf(sqs, options, refuse);
      const wait = () => sleep(PROGRESS_EVERY_MS);
      const world = { ...io, sqs, wait, waitSeconds: LONG_POLL_SECONDS };
      return explained(() => redrive({ ...options, ...urls }, world));
    },
  };
}

async function queuesOf(sqs: SQSClient, { kind, stage }: Redrive & { readonly stage: string }, refuse: Refuse) {
  const names = QUEUES_OF[kind];
  const find = (name: string) => explain(() => findQueue(sqs, stage, name), refuse);
  const [from, to] = await Promise.all([find(names.from), find(names.to)]);
  if (from !== null && to !== null) return { from, to };
  const missing = from === null ? names.from : names.to;
  throw refuse(
    EXIT.usage,
    `The stage "${stage}" has no queue ${missing} in this region: check --stage and AWS_REGION, or give --from ` +
      'and --to, the queue URLs that are outputs of the stack.',
  );
}

async function list(ssm: SSMClient, path: string): Promise<readonly StoredParameter[]> {
  const found: StoredParameter[] = [];
  let next: string | undefined;
  do {
    const page = next === undefined ? {} : { NextToken: next };
    const answer = await ssm.send(new GetParametersByPathCommand({ Path: path, WithDecryption: true, ...page }));
    found.push(...(answer.Parameters ?? []).map(stored));
    next = answer.NextToken;
  } while (next !== undefined);
  return found;
}

function stored(parameter: {
  Name?: string | undefined;
  Value?: string | undefined;
  Version?: number | undefined;
  LastModifiedDate?: Date | undefined;
}): StoredParameter {
  return {
    name: parameter.Name ?? '',
    value: parameter.Value ?? '',
    version: parameter.Version ?? 0,
    changedAt: parameter.LastModifiedDate?.toISOString() ?? null,
  };
}

/** AWS's own words, with what usually helps. */
async function explain<T>(work: () => Promise<T>, refuse: Refuse): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const words = `${error.name}: ${error.message.replace(/\.$/, '')}`;
    const missing = missingFor(error);
    const exitCode = missing === null ? EXIT.unreachable : EXIT.usage;
    throw refuse(exitCode, `AWS could not be used: ${words}. ${missing ?? 'Check AWS_REGION and the credentials.'}`);
  }
}

/** What the user has to set or be given; null: it is not a matter of that. */
function missingFor({ name, message }: Error): string | null {
  if (name === 'CredentialsProviderError' || /credential/i.test(message))
    return 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
  if (/region/i.test(message)) return 'Set AWS_REGION, or awsRegion in the profile.';
  if (/AccessDenied|NotAuthorized/.test(name)) return 'The AWS user needs that right on the parameter or the queue.';
  return null;
}
