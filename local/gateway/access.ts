import { type References, resolve } from '../template/intrinsics.ts';
import { functionArn, parameterArn, queueArn, tableArn } from '../template/physical.ts';
import type { Template } from '../template/template.ts';
import { fields, isFields, list, oneOrMore, text } from '../template/values.ts';
import type { Call } from './gateway.ts';

/** A right to do `action` to `resource`; both may hold `*`. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
}

/**
 * What the inline policies of a role allow. Throws on a statement beyond plain `Allow`, which the check below would
 * misread.
 */
export function grantsOf(template: Template, roleId: string, references: References): Grant[] {
  const role = template.resources[roleId];
  if (role?.type !== 'AWS::IAM::Role') throw new Error(`${roleId} is no role of the template`);
  return oneOrMore(role.properties['Policies'] ?? []).flatMap((policy) => {
    const document = fields(fields(policy, roleId)['PolicyDocument'], roleId);
    return list(document['Statement'], roleId).flatMap((statement) =>
      grantsIn(fields(resolve(statement, references), roleId), roleId),
    );
  });
}

function grantsIn(statement: Readonly<Record<string, unknown>>, roleId: string): Grant[] {
  const unknown = Object.keys(statement).find((key) => !['Sid', 'Effect', 'Action', 'Resource'].includes(key));
  if (unknown !== undefined || statement['Effect'] !== 'Allow')
    throw new Error(`${roleId}: can't judge a statement with ${unknown ?? 'Effect: Deny'}`);
  return oneOrMore(statement['Action']).flatMap((action) =>
    oneOrMore(statement['Resource']).map((resource) => ({
      action: text(action, roleId),
      resource: text(resource, roleId),
    })),
  );
}

/** Null if every right that the call needs is granted; else a sentence that names the missing one. */
export function refusalOf(call: Call, grants: readonly Grant[]): string | null {
  const missing = rightsFor(call).find(
    (need) => !grants.some((grant) => matches(grant.action, need.action) && matches(grant.resource, need.resource)),
  );
  return missing ? `${call.caller} is not authorized to perform ${missing.action} on ${missing.resource}` : null;
}

/** Whether an IAM pattern with `*` covers the value. */
export function matches(pattern: string, value: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(value);
}

/**
 * The rights that a call needs:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export function rightsFor({ service, action, functionName, body }: Call): Grant[] {
  if (service === 'lambda') return [{ action: `lambda:${action}Function`, resource: functionArn(functionName ?? '') }];
  const parsed: unknown = JSON.parse(body.toString('utf8') || '{}');
  const input = isFields(parsed) ? parsed : {};
  if (service === 'sqs') {
    // A batch needs the right to the single action.
    const name =
      String(input['QueueUrl'] ?? input['QueueName'] ?? '')
        .split('/')
        .at(-1) ?? '';
    return [{ action: `sqs:${action.replace(/Batch$/, '')}`, resource: queueArn(name) }];
  }
  if (service === 'ssm') {
    const names = oneOrMore(input['Names'] ?? input['Name'] ?? input['Path']).map(String);
    return names.map((name) => ({ action: `ssm:${action}`, resource: parameterArn(name.replace(/\/$/, '')) }));
  }
  return tableRights(action, input);
}

const TRANSACTION_RIGHTS: Readonly<Record<string, string>> = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  Get: 'dynamodb:GetItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
};

function tableRights(action: string, input: Readonly<Record<string, unknown>>): Grant[] {
  if (Array.isArray(input['TransactItems'])) {
    return input['TransactItems'].flatMap((item) =>
      Object.entries(isFields(item) ? item : {}).map(([kind, operation]) => ({
        action: TRANSACTION_RIGHTS[kind] ?? `dynamodb:${kind}`,
        resource: tableArn(String(isFields(operation) ? operation['TableName'] : '')),
      })),
    );
  }
  const tables = isFields(input['RequestItems'])
    ? Object.keys(input['RequestItems'])
    : [String(input['TableName'] ?? '')];
  const index = typeof input['IndexName'] === 'string' ? `/index/${input['IndexName']}` : '';
  return tables.map((table) => ({ action: `dynamodb:${action}`, resource: `${tableArn(table)}${index}` }));
}
