import type { Command } from 'commander';
import * as v from 'valibot';
import {
  type DeniedAccount,
  type Health,
  health as healthShape,
  jobs as jobsShape,
  overview as overviewShape,
} from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, worst } from '../exit.ts';
import type { CommonOptions } from '../settings.ts';
import { formatDuration } from '../text/duration.ts';
import type { Output } from '../text/output.ts';
import { safe } from '../text/terminal.ts';

export interface Check {
  readonly name: string;
  readonly state: 'good' | 'bad' | 'unknown';
  readonly said: string;
  readonly exitCode: number;
}

/** A job is overdue when it was due so long ago: the rule by which jobwatch itself wakes it. */
const OVERDUE_MS = 5 * 60_000;
const BACKLOG = 1000;

export function addDoctor(program: Command, host: Host): void {
  addCommand<CommonOptions>(
    program,
    host,
    {
      name: 'doctor',
      summary: 'check that jobwatch can be reached, ticks, and has nothing stuck',
      about: "Ends with 0 if all is good, 1 if something is wrong, 4 if jobwatch can't be reached or does not tick.",
      examples: ['jobwatch doctor', 'jobwatch doctor --profile staging --json'],
      talksTo: ['api'],
    },
    () => undefined,
    async (context) => {
      const checks = await examine(context);
      if (context.json)
        context.out.json({ ok: checks.every(({ state }) => state === 'good'), checks: shownChecks(checks) });
      else printChecks(context.out, checks);
      return worst(checks.map(({ exitCode }) => exitCode));
    },
  );
}

export function shownChecks(checks: readonly Check[]) {
  return checks.map(({ name, state, said }) => ({ name, state, said }));
}

export function printChecks(out: Output, checks: readonly Check[]): void {
  for (const { name, state, said } of checks) {
    const tint = { good: out.paint.green, bad: out.paint.red, unknown: out.paint.yellow }[state];
    out.line(`${tint(state.padEnd(7))}  ${name.padEnd(16)}  ${safe(said)}`);
  }
}

/** Asks jobwatch how it is, and what the client's token may. */
export async function examine(context: Pick<Context, 'client' | 'clock'>): Promise<readonly Check[]> {
  const { client, clock } = context;
  const answer = await client.call('GET', '/health');
  if (answer.kind !== 'ok') {
    const said = answer.kind === 'away' ? answer.reason : `${answer.status}: ${answer.detail}`;
    return [{ name: 'api', state: 'bad', said: `${client.url}: ${said}`, exitCode: EXIT.unreachable }];
  }
  const health = read(healthShape, answer.value);
  return [
    good('api', client.url),
    await token(context),
    tick(health, clock()),
    oldestDue(health, clock()),
    ...queues(health),
    await denied(context, health),
  ];
}

function good(name: string, said: string): Check {
  return { name, state: 'good', said, exitCode: EXIT.ok };
}

function bad(name: string, said: string, exitCode: number = EXIT.failed): Check {
  return { name, state: 'bad', said, exitCode };
}

function unknown(name: string): Check {
  return {
    name,
    state: 'unknown',
    said: 'jobwatch could not read it; see the log of the function api',
    exitCode: EXIT.failed,
  };
}

async function token({ client }: Pick<Context, 'client'>): Promise<Check> {
  try {
    read(jobsShape, need(client, await client.call('GET', '/jobs?limit=1')));
    return good('token', 'is accepted and may read');
  } catch (error) {
    if (error instanceof CliError) return bad('token', error.message);
    throw error;
  }
}

function tick({ status, lastTickAt, unread }: Health, nowMs: number): Check {
  if (unread.includes('lastTickAt')) return { ...unknown('tick'), exitCode: EXIT.unreachable };
  if (lastTickAt === null)
    return bad('tick', 'none was ever seen: is the schedule of the function watch on?', EXIT.unreachable);
  const ago = `the last was ${formatDuration(nowMs - Date.parse(lastTickAt))} ago`;
  if (status === 'ok') return good('tick', ago);
  return bad('tick', `${ago}: see the alarms and the log of the function watch`, EXIT.unreachable);
}

function oldestDue({ oldestDueAt, unread }: Health, nowMs: number): Check {
  if (unread.includes('oldestDueAt')) return unknown('oldest due job');
  if (oldestDueAt === null) return good('oldest due job', 'no job is open');
  const lateMs = nowMs - Date.parse(oldestDueAt);
  if (lateMs <= OVERDUE_MS)
    return good('oldest due job', lateMs <= 0 ? 'none is due' : `due for ${formatDuration(lateMs)}`);
  return bad(
    'oldest due job',
    `overdue for ${formatDuration(lateMs)}: see "jobwatch watch --once" for what it waits for`,
  );
}

const STUCK: readonly (readonly [key: string, name: string, advice: string])[] = [
  ['rejected', 'rejected queue', 'bad messages; "jobwatch queues" shows why'],
  [
    'deadDeliveries',
    'dead deliveries',
    'events that no endpoint took; "jobwatch redeliver SUB --since 1d" sends them again',
  ],
];

function queues({ queues: depths }: Health): readonly Check[] {
  if (depths === null) return [unknown('queues')];
  const stuck = STUCK.map(([key, name, advice]) => {
    const count = depths[key]?.visible ?? 0;
    return count === 0 ? good(name, 'empty') : bad(name, `${count}: ${advice}`);
  });
  const pending = depths['pending']?.visible ?? 0;
  const backlog =
    pending > BACKLOG
      ? bad('pending queue', `${pending} messages are due at once`)
      : good('pending queue', `${pending} due`);
  return [backlog, ...stuck];
}

async function denied(context: Pick<Context, 'client' | 'clock'>, health: Health): Promise<Check> {
  const { deniedAccounts, deniedAccountsTotal } = health;
  if (deniedAccounts === null) return unknown('accounts');
  if (deniedAccounts.length === 0) return good('accounts', 'none is denied');
  const known = await reasons(context);
  const list = deniedAccounts.map(({ account, since }) => {
    const ago = `"${account}" for ${formatDuration(context.clock() - Date.parse(since))}`;
    const why = known.find((one) => one.account === account);
    return why === undefined ? ago : `${ago} (${whyText(why)})`;
  });
  const others = (deniedAccountsTotal ?? 0) - deniedAccounts.length;
  if (others > 0) list.push(`and ${others} more`);
  return bad(
    'accounts',
    `denied: ${list.join(', ')}; "jobwatch account check NAME --stage STAGE --region REGION" tries it`,
  );
}

/** Health tells anybody who is denied; why is for who may read. None: an older jobwatch, or a token that may not. */
async function reasons({ client }: Pick<Context, 'client'>): Promise<readonly DeniedAccount[]> {
  const answer = await client.call('GET', '/overview');
  const parsed = v.safeParse(overviewShape, answer.kind === 'ok' ? answer.value : null);
  return (parsed.success ? parsed.output.deniedAccounts : null) ?? [];
}

function whyText({ denials: [first], denialsTotal, jobsWaiting }: DeniedAccount): string {
  const others = denialsTotal > 1 ? `, and ${denialsTotal - 1} more` : '';
  return `${first?.reason ?? 'no reason is known'}${others}; ${jobsWaiting} ${jobsWaiting === 1 ? 'job waits' : 'jobs wait'}`;
}
