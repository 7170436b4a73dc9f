import { readFileSync } from 'node:fs';
import { resolve } from '../../local/template/intrinsics.ts';
import { readTemplate, resourcesOf, type Template } from '../../local/template/template.ts';
import { type Fields, fields, oneOrMore } from '../../local/template/values.ts';
import { type MetricUse, metricsOfAlarm, readDashboard, SHOWN, type Widget } from './template-facts.ts';

/** What only a parameter brings, and what a person calls the resource that it names. */
const BROUGHT: Readonly<Record<string, { readonly value: string; readonly called: string }>> = {
  KmsKeyArn: { value: 'arn:aws:kms:region:000000000000:key/key', called: 'the key' },
  CallbackStateMachineArns: {
    value: 'arn:aws:states:region:000000000000:stateMachine:all',
    called: 'the state machines',
  },
  CallbackFunctionArns: { value: 'arn:aws:lambda:region:000000000000:function:all:*', called: 'the durable functions' },
  EventBusArn: { value: 'arn:aws:events:region:000000000000:event-bus/bus', called: 'the event bus' },
};

/** The tables that docs hold of the packaged template at `path`, by the names of their places in the docs. */
export function awsTables(path: string): Readonly<Record<string, string>> {
  const template = readTemplate(path);
  const brought = Object.entries(BROUGHT).map(([name, { value }]) => [name, value]);
  const full = readTemplate(path, { ...Object.fromEntries(brought), Tracing: 'Active' });
  return {
    parameters: parametersTable(fields(JSON.parse(readFileSync(path, 'utf8')), path)),
    rights: rightsTable(template, full),
    alarms: alarmsTable(template, readTemplate(path, { Alarms: 'few' })),
    dashboard: dashboardTable(template),
  };
}

/**
 * The text with the content of each `<!-- name -->` … `<!-- /name -->` replaced. Throws if the text has a place for no
 * table.
 */
export function fillTables(text: string, tables: Readonly<Record<string, string>>): string {
  return text.replace(/(<!-- (\w+) -->\n)[\s\S]*?(<!-- \/\2 -->)/g, (_, begin: string, name: string, end: string) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`there is no table ${name}`);
    return `${begin}${table}\n${end}`;
  });
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function parametersTable(template: Fields): string {
  const rows = Object.entries(fields(template['Parameters'], 'Parameters')).map(([name, declared]) => {
    const { Default, Description } = fields(declared, name);
    return [`\`${name}\``, `\`${name[0]?.toLowerCase()}${name.slice(1)}\``, `\`${Default}\``, String(Description)];
  });
  return tableOf(['stack parameter', '`--param`', 'default', ''], rows);
}

interface Right {
  readonly role: string;
  readonly resource: string;
  readonly actions: string;
}

/** A right that only some parameters bring is marked with the parameter. */
function rightsTable(template: Template, full: Template): string {
  const plain = new Set(rightsOf(template).map((right) => JSON.stringify(right)));
  const rows = rightsOf(full).map((right) => {
    const condition = plain.has(JSON.stringify(right)) ? '' : ` (${parameterOf(right)})`;
    return [right.role, `${right.resource}${condition}`, right.actions];
  });
  return tableOf(['who', 'resource', 'actions'], rows);
}

function parameterOf({ resource }: Right): string {
  const named = Object.entries(BROUGHT).find(([, { called }]) => called === resource);
  if (named !== undefined) return named[0];
  return resource === '*' ? 'Tracing' : 'CallbackStateMachineArns or CallbackFunctionArns';
}

function rightsOf(template: Template): Right[] {
  return resourcesOf(template, 'AWS::IAM::Role').flatMap(([roleId, { properties }]) => {
    const actions = new Map<string, string[]>();
    for (const statement of statementsIn(properties))
      for (const resource of oneOrMore(statement['Resource']).map(
        (arn) => `${shortName(String(arn))}${keysOf(statement)}`,
      ))
        actions.set(resource, [...(actions.get(resource) ?? []), ...oneOrMore(statement['Action']).map(String)]);
    const role = roleId.replace(/Role$/, '').toLowerCase();
    return [...actions].map(([resource, all]) => ({
      role,
      resource,
      actions: all.map((one) => `\`${one}\``).join(' '),
    }));
  });
}

function statementsIn(role: Fields): Fields[] {
  return oneOrMore(role['Policies']).flatMap((policy) => {
    const document = fields(resolve(fields(policy, 'Policies')['PolicyDocument'], SHOWN), 'PolicyDocument');
    return oneOrMore(document['Statement']).map((statement) => fields(statement, 'Statement'));
  });
}

/** The items of a table that a statement is bound to. */
function keysOf({ Condition }: Fields): string {
  const keys = /"dynamodb:LeadingKeys":\["([^"]+)"\]/.exec(JSON.stringify(Condition ?? null))?.[1];
  return keys === undefined ? '' : `, items \`${keys}\``;
}

/** What a person calls it: the resource's logical id, or the parameter's name for any stage. */
function shortName(arn: string): string {
  const brought = Object.values(BROUGHT).find(({ value }) => value === arn);
  if (brought !== undefined) return brought.called;
  const parameter = /:parameter(\/jobwatch\/)[^/]+(\/.*)$/.exec(arn);
  return parameter ? `${parameter[1]}‹stage›${parameter[2]}` : arn.replace(/<(\w+)\.Arn>/, '$1');
}

function alarmsTable(template: Template, few: Template): string {
  const rows = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([logicalId, { properties }]) => {
    const isOfFew = logicalId in few.resources ? 'yes' : '';
    const name = String(properties['AlarmName']).replace(/^jobwatch-\w+-/, '');
    const metrics = metricsOfAlarm(properties);
    const what = [...new Set(metrics.map(metricName))].join(', ');
    return [
      `[${name}](runbook.md#${name})`,
      String(properties['AlarmDescription']),
      what,
      String(metrics.length),
      isOfFew,
    ];
  });
  return tableOf(['alarm', 'says', 'reads', 'metrics', 'of `few`'], rows);
}

function dashboardTable(template: Template): string {
  let question = '';
  const rows = readDashboard(template).flatMap((widget) => {
    if (widget.type === 'text') {
      question = widget.title;
      return [];
    }
    return [[question, widget.title, contentOf(widget)]];
  });
  return tableOf(['question', 'widget', 'shows'], rows);
}

function contentOf({ type, metrics, alarms, query }: Widget): string {
  if (type === 'alarm') return `${alarms.length} alarms, red or green`;
  if (query !== null) return `log lines: \`${query.replace(/^.*?\| (?=filter)/, '')}\``;
  return [...new Set(metrics.map((metric) => `${metricName(metric)} (${metric.statistic})`))].join(', ');
}

function metricName({ namespace, name, dimensions }: MetricUse): string {
  const subjects = Object.values(dimensions).map((value) => value.replace(/^<(\w+?)(LambdaFunction)?(\.\w+)?>$/, '$1'));
  return namespace === 'jobwatch' ? `\`${name}\`` : `${subjects.join(' ')} \`${name}\``;
}
