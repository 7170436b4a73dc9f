import { REGION } from '../template/physical.ts';
import { type Fields, isFields } from '../template/values.ts';

type JsonService = 'sqs' | 'dynamodb' | 'ssm' | 'states' | 'events';
/** Lambda's API is a REST one. */
export type Service = JsonService | 'lambda';

/** The AWS JSON protocol of each service: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html */
export const protocols: Readonly<Record<JsonService, { readonly target: string; readonly contentType: string }>> = {
  sqs: { target: 'AmazonSQS', contentType: 'application/x-amz-json-1.0' },
  dynamodb: { target: 'DynamoDB_20120810', contentType: 'application/x-amz-json-1.0' },
  ssm: { target: 'AmazonSSM', contentType: 'application/x-amz-json-1.1' },
  states: { target: 'AWSStepFunctions', contentType: 'application/x-amz-json-1.0' },
  events: { target: 'AWSEvents', contentType: 'application/x-amz-json-1.1' },
};

/** The engine refused a call. `code` is the error's short name, e.g. `ResourceInUseException`. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;

  constructor(action: string, code: string, message: string) {
    super(`${action}: ${code}: ${message}`);
    this.code = code;
  }
}

export interface AwsCaller {
  /** Who asks: stands as access key id in the request. */
  readonly caller: string;
  readonly signal?: AbortSignal;
}

/**
 * One call to a local engine, without the SDK: a template's properties have the form of the API's input already, and
 * the runtime starts faster. The signature is a dummy, since no engine checks it.
 */
export async function awsCall(
  url: string,
  service: JsonService,
  action: string,
  input: unknown,
  { caller, signal }: AwsCaller,
): Promise<Fields> {
  const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${now.slice(0, 8)}/${REGION}/${service}/aws4_request`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': protocols[service].contentType,
      'x-amz-target': `${protocols[service].target}.${action}`,
      'x-amz-date': now,
      authorization:
        `AWS4-HMAC-SHA256 Credential=${caller}/${scope}, SignedHeaders=host;x-amz-date, ` +
        `Signature=${'0'.repeat(64)}`,
    },
    body: JSON.stringify(input),
    signal: signal ?? null,
  });
  const body = await answer.text();
  const output: unknown = body === '' ? {} : JSON.parse(body);
  if (!isFields(output)) throw new AwsError(action, 'Malformed', body.slice(0, 200));
  if (!answer.ok) {
    const code = String(output['__type'] ?? answer.status);
    throw new AwsError(
      action,
      code.slice(code.lastIndexOf('#') + 1),
      String(output['message'] ?? output['Message'] ?? ''),
    );
  }
  return output;
}
