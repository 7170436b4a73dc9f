import { type DeniedAccount, type Health, overview } from '../../client/responses.ts';
import { accountCommands } from '../data/commands.ts';
import { useFetched } from '../data/fetched.ts';
import { count } from '../data/format.ts';
import { useNow } from '../data/now.ts';
import { hrefOf } from '../data/place.ts';
import { Line } from '../parts/commands.tsx';
import { Trouble } from '../parts/states.tsx';
import { Moment, When } from '../parts/time.tsx';
import { Section } from './section.tsx';

const EVERY_MS = 10_000;

interface DeniedProps {
  readonly health: Pick<Health, 'deniedAccounts' | 'deniedAccountsTotal'>;
  readonly isMeant: boolean;
}

/** Accounts whose calls are kept back: why, since when, who waits, and what helps. The reasons are for who may read. */
export function Denied({ health: { deniedAccounts: accounts, deniedAccountsTotal }, isMeant }: DeniedProps) {
  const isAny = accounts !== null && accounts.length > 0;
  const fetched = useFetched(overview, isAny ? '/overview' : null, EVERY_MS);
  const total = deniedAccountsTotal ?? accounts?.length ?? null;
  const others = (total ?? 0) - (accounts?.length ?? 0);
  const known = fetched.data?.deniedAccounts ?? [];
  return (
    <Section part="denied" title="Denied accounts" total={total} isMeant={isMeant}>
      {accounts === null ? <p class="dim">They can’t be read at the moment.</p> : null}
      {accounts?.length === 0 ? <p class="dim">None: every key is accepted.</p> : null}
      {fetched.failure !== null && fetched.data === null ? <Trouble failure={fetched.failure} /> : null}
      {isAny ? (
        <ul class="denied">
          {accounts.map(({ account, since }) => (
            <Account
              key={account}
              account={account}
              since={since}
              why={known.find((one) => one.account === account) ?? null}
              isWhole={fetched.data?.open.isWhole ?? true}
              isExpected={fetched.failure === null && fetched.data?.deniedAccounts !== null}
              isOnly={accounts.length === 1}
            />
          ))}
        </ul>
      ) : null}
      {others > 0 ? <p class="dim">And {count(others)} more.</p> : null}
    </Section>
  );
}

interface AccountProps {
  readonly account: string;
  readonly since: string;
  /** null: not read yet. */
  readonly why: DeniedAccount | null;
  readonly isWhole: boolean;
  /** It may come yet: the counts are some seconds older than the names. */
  readonly isExpected: boolean;
  readonly isOnly: boolean;
}

function Account({ account, since, why, isWhole, isExpected, isOnly }: AccountProps) {
  const [first] = why?.denials ?? [];
  return (
    <li>
      <div class="line">
        <strong class="mono">{account}</strong>
        <span>
          since <Moment at={since} />
        </span>
        {why === null ? null : (
          <a href={hrefOf(['jobs'], { open: '1', account })} class="end">
            {jobsText(why.jobsWaiting, isWhole)}
          </a>
        )}
      </div>
      {why === null && isExpected ? <p class="dim">Reading why …</p> : null}
      {why?.denials.map((denial) => (
        <DenialLine key={`${denial.what} ${denial.scope} ${denial.since}`} denial={denial} />
      ))}
      {why === null || why.denialsTotal <= why.denials.length ? null : (
        <p class="dim">And {count(why.denialsTotal - why.denials.length)} more reasons.</p>
      )}
      {first === undefined ? null : (
        <details open={isOnly}>
          <summary>What to do</summary>
          <p>{adviceFor(first.what)}</p>
          {accountCommands(account, first.scope).map(({ about, cli }) => (
            <Line key={about} text={cli} name={`command: ${about}`} />
          ))}
          <p class="dim">
            More in <code>docs/runbook.md</code>, account-denied.
          </p>
        </details>
      )}
    </li>
  );
}

type Denial = DeniedAccount['denials'][number];

function DenialLine({ denial: { what, scope, reason, nextTryAt } }: { readonly denial: Denial }) {
  const nowMs = useNow();
  return (
    <div>
      <div class="why">{reason}</div>
      <div class="dim">
        {what === 'account' ? 'The account itself' : what === 'key' ? 'Its key' : `In ${scope ?? 'a scope'}`}
        {nextTryAt === null ? ', read again each minute' : null}
        {nextTryAt !== null && Date.parse(nextTryAt) > nowMs ? (
          <>
            , tried again <When at={nextTryAt} />
          </>
        ) : null}
        {nextTryAt !== null && Date.parse(nextTryAt) <= nowMs ? ', tried again with the next due job' : null}
      </div>
    </div>
  );
}

function jobsText(jobs: number, isWhole: boolean): string {
  if (jobs === 0) return isWhole ? 'no open job waits for it' : 'open jobs of it';
  return `${count(jobs)}${isWhole ? '' : '+'} open ${jobs === 1 && isWhole ? 'job waits' : 'jobs wait'} for it`;
}

function adviceFor(what: string): string {
  if (what === 'scope')
    return 'Grant the permission at the vendor. It is tried again after 5, 10, 20, then every 30 minutes. The first command tries the account from your machine.';
  if (what === 'key')
    return 'The vendor refuses the key: store a valid one; it is tried within two minutes. The first command tries the account from your machine.';
  return 'Store the account, or use another account in your jobs; it is tried within two minutes. The first command shows what is stored.';
}
