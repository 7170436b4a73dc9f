import { DURABLE_FUNCTION_ARN, STATE_MACHINE_ARN } from '../services/parameters.ts';
import { type References, resolve } from '../template/intrinsics.ts';
import { functionArn, parameterArn, queueArn, tableArn } from '../template/physical.ts';
import type { Template } from '../template/template.ts';
import { fields, isFields, list, oneOrMore, text } from '../template/values.ts';
import type { Call } from './gateway.ts';

/** A right to do `action` to `resource`; both may hold `*`. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
  /**
   * Of a table: to items whose keys are like one of these; of a need: the key it is about. Absent: whatever the key.
   */
  readonly keys?: readonly string[];
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
  const { Condition } = statement;
  const keys = Condition === undefined ? null : leadingKeys(Condition);
  const known = ['Sid', 'Effect', 'Action', 'Resource', ...(keys === null ? [] : ['Condition'])];
  const unknown = Object.keys(statement).find((key) => !known.includes(key));
  if (unknown !== undefined || statement['Effect'] !== 'Allow')
    throw new Error(`${roleId}: can't judge a statement with ${unknown ?? 'Effect: Deny'}`);
  return oneOrMore(statement['Action']).flatMap((action) =>
    oneOrMore(statement['Resource']).map((resource) => ({
      action: text(action, roleId),
      resource: text(resource, roleId),
      ...(keys === null ? {} : { keys }),
    })),
  );
}

/** The one condition that is judged here: null for any other. */
function leadingKeys(condition: unknown): readonly string[] | null {
  if (!isFields(condition) || Object.keys(condition).join() !== 'ForAllValues:StringLike') return null;
  const like = condition['ForAllValues:StringLike'];
  if (!isFields(like) || Object.keys(like).join() !== 'dynamodb:LeadingKeys') return null;
  return oneOrMore(like['dynamodb:LeadingKeys']).map(String);
}

/** Whether the grant is enough for the need. */
export function covers(grant: Grant, need: Grant): boolean {
  if (!matches(grant.action, need.action) || !matches(grant.resource, need.resource)) return false;
  if (grant.keys === undefined) return true;
  return need.keys?.every((key) => grant.keys?.some((pattern) => matches(pattern, key))) ?? false;
}

/** Null if every right that the call needs is granted; else a sentence that names the missing one. */
export function refusalOf(call: Call, grants: readonly Grant[]): string | null {
  const missing = rightsFor(call).find((need) => !grants.some((grant) => covers(grant, need)));
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
  if (service === 'lambda' && functionName === null)
    return [{ action: `lambda:${action}`, resource: DURABLE_FUNCTION_ARN }];
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
  if (service === 'states') return [{ action: `states:${action}`, resource: STATE_MACHINE_ARN }];
  if (service === 'events') {
    const entries = Array.isArray(input['Entries']) ? input['Entries'].filter(isFields) : [];
    const buses = new Set(entries.map(({ EventBusName }) => String(EventBusName)));
    return [...buses].map((resource) => ({ action: `events:${action}`, resource }));
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
  const keys = keysIn(input);
  return tables.map((table) => ({ action: `dynamodb:${action}`, resource: `${tableArn(table)}${index}`, ...keys }));
}

/** The key that a request for one item is about. */
function keysIn({ Key, Item }: Readonly<Record<string, unknown>>): { keys?: readonly string[] } {
  const item = isFields(Key) ? Key : Item;
  const id = isFields(item) ? item['id'] : undefined;
  return isFields(id) && typeof id['S'] === 'string' ? { keys: [id['S']] } : {};
}
