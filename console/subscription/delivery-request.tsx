import { useState } from 'preact/hooks';
import type { Attempt } from '../../client/responses.ts';
import { useAbsolute } from '../data/zone.ts';
import { Block } from '../parts/raw.tsx';

export interface SentRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SIGNATURE_NOTE =
  'HMAC-SHA256 of webhook-id.webhook-timestamp.body with the secret, one for each valid secret; ' +
  'neither stored nor shown';

/** What an attempt sends: the body to the byte, the headers as this version makes them, the signature never. */
export function RequestSent({
  request,
  attempts,
}: {
  readonly request: SentRequest;
  readonly attempts: readonly Attempt[];
}) {
  const [isExact, setExact] = useState(false);
  const [latest] = attempts;
  const isSigned = Object.hasOwn(request.headers, 'webhook-id');
  return (
    <section aria-labelledby="request-title">
      <h2 id="request-title">Request</h2>
      <dl class="headers">
        <Header name="POST" value={request.url} />
        {Object.entries(request.headers).map(([name, value]) => (
          <Header key={name} name={name} value={value} />
        ))}
        {isSigned ? <Signature latest={latest} /> : null}
      </dl>
      <p class="dim">
        {isSigned
          ? 'The body is stored and shown byte for byte. Headers are not stored: these are the ones that this version of jobwatch makes for it, and the address is the subscription’s present one.'
          : 'The event is stored, and the message is made of it at every attempt: this is what this version of jobwatch sends, without a signature. The robot’s whole address is a secret.'}
      </p>
      <fieldset class="tabs" aria-label="How to show the body">
        <button type="button" aria-pressed={!isExact} onClick={() => setExact(false)}>
          Readable
        </button>
        <button type="button" aria-pressed={isExact} onClick={() => setExact(true)}>
          Exact bytes
        </button>
      </fieldset>
      <Block text={isExact ? request.body : readable(request.body)} name="the body" />
    </section>
  );
}

function Signature({ latest }: { readonly latest: Attempt | undefined }) {
  const absolute = useAbsolute();
  const timestamp = latest === undefined ? null : String(Math.floor(Date.parse(latest.at) / 1000));
  return (
    <>
      <Header
        name="webhook-timestamp"
        value={timestamp ?? 'the second of the attempt'}
        note={
          latest === undefined
            ? undefined
            : `attempt ${latest.number}, ${absolute(latest.at)}; its own at every attempt`
        }
      />
      <Header name="webhook-signature" value="v1,…" note={SIGNATURE_NOTE} />
    </>
  );
}

function Header({
  name,
  value,
  note,
}: {
  readonly name: string;
  readonly value: string;
  readonly note?: string | undefined;
}) {
  return (
    <div>
      <dt class="mono">{name}</dt>
      <dd>
        <span class="mono">{value}</span>
        {note === undefined ? null : <span class="dim"> {note}</span>}
      </dd>
    </div>
  );
}

function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    // It is shown as it was sent.
    return body;
  }
}
