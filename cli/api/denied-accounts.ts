import * as v from 'valibot';
import { OPEN_PHASES } from '../../client/job.ts';
import { health, jobs as jobsShape } from '../../client/responses.ts';
import type { Context } from '../context.ts';
import { formatDuration } from '../text/duration.ts';
import { safe } from '../text/terminal.ts';

const DEFAULT_ACCOUNT = 'default';
/** A courtesy: whoever submits does not wait long for it. */
const REQUEST = { tries: 1, timeoutMs: 3000 } as const;

/**
 * One line for each account of these messages that is known to be denied: who does not wait would hear nothing of it.
 * Nothing where that can't be read: the jobs are submitted all the same.
 */
export async function warnOfDenied(context: Context, messages: readonly unknown[]): Promise<void> {
  const answer = await context.client.call('GET', '/health', REQUEST);
  if (answer.kind !== 'ok' || !v.is(health, answer.value)) return;
  // For GitHub's runner a warning is a mark on the run, wherever it is printed.
  const isAction = context.env['GITHUB_ACTIONS'] === 'true';
  const told = (text: string) =>
    isAction ? `::warning title=jobwatch::${safe(text).replaceAll('%', '%25')}` : `jobwatch: ${safe(text)}`;
  for (const { account, since } of answer.value.deniedAccounts ?? []) {
    const clouds = new Set(messages.filter((one) => textOf(one, 'account', DEFAULT_ACCOUNT) === account).map(cloudOf));
    const reason = clouds.size === 0 ? null : await reasonOf(context, account, clouds);
    if (reason === null) continue;
    const forHow = formatDuration(context.clock() - Date.parse(since));
    context.out.note(
      told(
        `The account "${account}" has been denied for ${forHow}${reason}. Its jobs wait until it is fixed; ` +
          `"jobwatch ls --open --account ${account}" shows them.`,
      ),
    );
  }
}

/**
 * Why jobs of the account wait, as an open job of the same clouds has it; null: none waits for it, since an account may
 * be denied for apis of another cloud alone. Empty: that can't be read.
 */
async function reasonOf({ client }: Context, account: string, clouds: ReadonlySet<string>): Promise<string | null> {
  const query = new URLSearchParams({ phase: OPEN_PHASES.join(','), account, limit: '100' });
  const answer = await client.call('GET', `/jobs?${query}`, REQUEST);
  if (answer.kind !== 'ok' || !v.is(jobsShape, answer.value)) return '';
  const waiting = answer.value.jobs.find((job) => job.waiting?.denied === true && clouds.has(cloudOf(job)))?.waiting;
  return waiting == null ? null : `: ${waiting.reason.replace(/\.$/, '')}`;
}

function cloudOf(message: unknown): string {
  return textOf(message, 'api', '').split('.')[0] ?? '';
}

function textOf(message: unknown, field: string, otherwise: string): string {
  const value = typeof message === 'object' && message !== null ? Reflect.get(message, field) : undefined;
  return typeof value === 'string' ? value : otherwise;
}
