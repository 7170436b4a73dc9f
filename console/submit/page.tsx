import { useState } from 'preact/hooks';
import { submitted } from '../../client/responses.ts';
import { hrefOf } from '../data/place.ts';
import { type Answer, act, type Failure } from '../data/requests.ts';
import { goTo } from '../data/router.ts';
import { session } from '../data/session.ts';
import { useStore } from '../data/store.ts';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { Title } from '../parts/title.tsx';
import { SubmitForm } from './form.tsx';
import { SubmitJson } from './json.tsx';
import type { Send } from './send.ts';

type Submitted = Answer<{
  accepted: { id: string }[];
  rejected: { index: number; reason: string; retryable: boolean }[];
}>;

/** Submits one job by a form, or up to a hundred by pasted JSON. */
export function SubmitPage() {
  const { permissions } = useStore(session);
  const [how, setHow] = useState<'form' | 'json'>('form');
  const [result, setResult] = useState<Submitted | null>(null);
  const send: Send = async (messages) => {
    const answer = await act(submitted, '/jobs', messages.length === 1 ? messages[0] : { jobs: messages });
    setResult(answer);
    if (!answer.ok) return;
    const [only] = answer.value.accepted;
    if (messages.length === 1 && only !== undefined) goTo(hrefOf(['jobs', only.id]));
  };
  return (
    <div class="page narrow-page">
      <p class="crumbs">
        <a href="#/jobs">Jobs</a>
      </p>
      <Title>Submit a job</Title>
      {permissions === null ? (
        <Loading what="what the token may do" />
      ) : permissions.has('jobs:write') ? (
        <>
          <fieldset class="tabs" aria-label="How to submit">
            <button type="button" aria-pressed={how === 'form'} onClick={() => setHow('form')}>
              Form
            </button>
            <button type="button" aria-pressed={how === 'json'} onClick={() => setHow('json')}>
              JSON
            </button>
          </fieldset>
          {how === 'form' ? <SubmitForm send={send} said={failureOf(result)} /> : <SubmitJson send={send} />}
          <Result result={result} />
        </>
      ) : (
        <Empty title="This token may not submit jobs">It needs the permission “jobs:write”.</Empty>
      )}
    </div>
  );
}

function failureOf(result: Submitted | null): Failure | null {
  return result === null || result.ok ? null : result.failure;
}

function Result({ result }: { readonly result: Submitted | null }) {
  if (result === null) return null;
  if (!result.ok) return <Trouble failure={result.failure} />;
  const { accepted, rejected } = result.value;
  return (
    <div class="note" role="status">
      <strong>
        {accepted.length} accepted, {rejected.length} rejected
      </strong>
      <ul>
        {rejected.map(({ index, reason, retryable }) => (
          <li key={index}>
            jobs[{index}]: {reason} {retryable ? 'You can submit it again.' : ''}
          </li>
        ))}
        {accepted.map(({ id }) => (
          <li key={id}>
            <a href={hrefOf(['jobs', id])} class="mono">
              {id}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
