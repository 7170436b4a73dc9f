import type { Job } from '../../client/responses.ts';
import { isOwnEnd, PHASES } from '../../lib/job/phase.ts';

/** What a button does, as a command for a shell. */
export interface Command {
  readonly about: string;
  readonly curl: string;
  /** null: the command line has no such command. */
  readonly cli: string | null;
  /** With AWS credentials and the AWS command line; absent: there is none. */
  readonly aws?: string;
}

/** Safe between the words of a POSIX shell, whatever the text holds. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The token is never part of it: the shell puts it in. */
export function curl(origin: string, method: string, path: string, body?: unknown): string {
  const lines = [
    `curl -sS${method === 'GET' ? '' : ` -X ${method}`} ${quoted(`${origin}/v1${path}`)}`,
    `-H "authorization: Bearer $JOBWATCH_TOKEN"`,
    ...(body === undefined ? [] : [`-H 'content-type: application/json'`, `-d ${quoted(JSON.stringify(body))}`]),
  ];
  return lines.join(' \\\n  ');
}

export function cli(...words: readonly string[]): string {
  return ['jobwatch', ...words.map(quoted)].join(' ');
}

/** It ended, and not by a word of the vendor: stopped, lost, past its deadline. */
export function isWatchable({ phase }: Pick<Job, 'phase'>): boolean {
  const known = PHASES.find((one) => one === phase);
  return known !== undefined && isOwnEnd(known);
}

export function jobCommands(origin: string, job: Job): readonly Command[] {
  const { id } = job;
  const again = { ...submitCommand(origin, watchAgainMessage(job)), about: 'Watch it again' };
  return [
    { about: 'Show the record', curl: curl(origin, 'GET', `/jobs/${id}`), cli: cli('show', id) },
    { about: 'Wait for the end', curl: '', cli: cli('wait', id) },
    isWatchable(job)
      ? again
      : { about: 'Stop the watch', curl: curl(origin, 'POST', `/jobs/${id}/stop`), cli: cli('stop', id) },
    { about: 'Deliveries of its events', curl: curl(origin, 'GET', `/jobs/${id}/deliveries`), cli: null },
    { about: 'Its lines in the logs, where it runs in AWS', curl: '', cli: null, aws: logs(id) },
  ];
}

/** Of the functions that work on jobs; the API does not say which stage it belongs to. */
function logs(id: string): string {
  const tail = `aws logs tail "/aws/lambda/jobwatch-STAGE-$name" --since 7d --filter-pattern '"${id}"'`;
  return `for name in watch wake deliver reconcile; do\n  ${tail}\ndone`;
}

export function subscribeCommand(origin: string): Command {
  const url = 'https://hooks.example.com/jobs';
  return { about: 'Subscribe', curl: curl(origin, 'POST', '/subscriptions', { url }), cli: cli('subs', 'add', url) };
}

/** Makes a token for this page. */
export const TOKEN_COMMAND = cli('token', 'create', 'NAME', '--stage', 'STAGE', '--scopes', 'read');

/** Put back what lies in the queues after a fix; they use AWS credentials. */
export const REDRIVE_COMMANDS = {
  listRejected: cli('redrive', '--queue', 'rejected', '--stage', 'STAGE', '--dry-run'),
  oneRejected: cli('redrive', '--queue', 'rejected', '--stage', 'STAGE', '--max', '1'),
  rejected: cli('redrive', '--queue', 'rejected', '--stage', 'STAGE'),
  listDead: cli('redrive', '--queue', 'dead', '--stage', 'STAGE', '--dry-run'),
  dead: cli('redrive', '--queue', 'dead', '--stage', 'STAGE'),
} as const;

interface AccountCommand {
  readonly about: string;
  readonly cli: string;
}

/** What helps a denied account, with AWS credentials; `scope`: where it is denied, `api/account/region` and a project. */
export function accountCommands(account: string, scope: string | null): readonly AccountCommand[] {
  const [, , region = 'REGION', project] = scope?.split('/') ?? [];
  const place = ['--region', region, ...(project === undefined ? [] : ['--project', project])];
  return [
    { about: 'Try the account', cli: cli('account', 'check', account, '--stage', 'STAGE', ...place) },
    { about: 'Store the account', cli: cli('account', 'put', account, '--stage', 'STAGE', '-f', 'account.json') },
  ];
}

export function subscriptionCommands(origin: string, id: string, since: string): readonly Command[] {
  const path = `/subscriptions/${id}`;
  return [
    { about: 'Show the subscription', curl: curl(origin, 'GET', path), cli: cli('subs', 'show', id) },
    { about: 'Test the endpoint', curl: curl(origin, 'POST', `${path}/test`), cli: cli('subs', 'test', id) },
    {
      about: 'Disable',
      curl: curl(origin, 'PATCH', path, { state: 'disabled' }),
      cli: cli('subs', 'disable', id),
    },
    { about: 'Enable', curl: curl(origin, 'POST', `${path}/enable`), cli: cli('subs', 'enable', id) },
    { about: 'Rotate the secret', curl: curl(origin, 'POST', `${path}/rotate-secret`), cli: cli('subs', 'rotate', id) },
    {
      about: 'Redeliver what did not arrive',
      curl: curl(origin, 'POST', `${path}/redeliver`, { since }),
      cli: cli('redeliver', id, '--since', since),
    },
    { about: 'List deliveries', curl: curl(origin, 'GET', `${path}/deliveries`), cli: cli('deliveries', id) },
  ];
}

export function deliveryCommands(origin: string, id: string, eventId: string): readonly Command[] {
  const path = `/subscriptions/${id}/deliveries/${eventId}`;
  return [
    { about: 'Read the delivery', curl: curl(origin, 'GET', path), cli: null },
    {
      about: 'Redeliver the event',
      curl: curl(origin, 'POST', `${path}/redeliver`),
      cli: cli('redeliver', id, eventId),
    },
  ];
}

/** The job again, as it was submitted: of an end of our own a message opens it again. */
export function watchAgainMessage(job: Job): Readonly<Record<string, unknown>> {
  const { api, account, region, projectId, jobId, labels, correlationId } = job;
  return {
    api,
    account,
    region,
    jobId,
    ...(projectId === null ? {} : { projectId }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(correlationId === null ? {} : { correlationId }),
  };
}

/** A submission, with every field that differs from its default. */
export function submitCommand(origin: string, message: Readonly<Record<string, unknown>>): Command {
  return { about: 'Submit', curl: curl(origin, 'POST', '/jobs', message), cli: submitCli(message) };
}

const OPTIONS: readonly (readonly [field: string, option: string])[] = [
  ['api', '--api'],
  ['region', '--region'],
  ['projectId', '--project'],
  ['account', '--account'],
];

/** The fields that the command line has no option for go in by a pipe. */
function submitCli(message: Readonly<Record<string, unknown>>): string {
  const known = new Set(['jobId', 'labels', ...OPTIONS.map(([field]) => field)]);
  if (Object.keys(message).some((field) => !known.has(field)))
    return `echo ${quoted(JSON.stringify(message))} | jobwatch submit -f -`;
  const words = OPTIONS.flatMap(([field, option]) =>
    message[field] === undefined ? [] : [option, String(message[field])],
  );
  const labels = Object.entries(Object(message['labels'] ?? {})).flatMap(([key, value]) => [
    '--label',
    `${key}=${value}`,
  ]);
  const id = String(message['jobId'] ?? '');
  return cli('submit', ...words, ...labels, ...(id.startsWith('-') ? ['--'] : []), id);
}
