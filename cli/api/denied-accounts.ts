import * as v from 'valibot';
import { health } from '../../client/responses.ts';
import type { Context } from '../context.ts';
import { formatDuration } from '../text/duration.ts';

const DEFAULT_ACCOUNT = 'default';
/** A courtesy: whoever submits does not wait long for it. */
const TIMEOUT_MS = 3000;

/**
 * One line for each account of these messages that is known to be denied, of which nobody would hear who does not wait.
 * Nothing where that can't be read: the jobs are submitted all the same.
 */
export async function warnOfDenied(context: Context, messages: readonly unknown[]): Promise<void> {
  const accounts = new Set(messages.map(accountOf));
  const answer = await context.client.call('GET', '/health', { tries: 1, timeoutMs: TIMEOUT_MS });
  if (answer.kind !== 'ok' || !v.is(health, answer.value)) return;
  // For GitHub's runner a warning is a mark on the run, wherever it is printed.
  const mark = context.env['GITHUB_ACTIONS'] === 'true' ? '::warning title=jobwatch::' : 'jobwatch: ';
  for (const { account, since } of answer.value.deniedAccounts ?? []) {
    if (!accounts.has(account)) continue;
    const forHow = formatDuration(context.clock() - Date.parse(since));
    context.out.note(
      `${mark}The account "${account}" has been denied for ${forHow}: its jobs wait until it is fixed. ` +
        `"jobwatch ls --open --account ${account}" says why.`,
    );
  }
}

function accountOf(message: unknown): unknown {
  const isNamed = typeof message === 'object' && message !== null && 'account' in message;
  return isNamed ? message.account : DEFAULT_ACCOUNT;
}
