import { redelivered } from '../../client/responses.ts';
import { act } from '../data/requests.ts';
import { Action } from '../parts/action.tsx';

/** Sends one event again, whatever became of it. */
export function Redeliver({
  path,
  eventId,
  onDone,
}: {
  readonly path: string;
  readonly eventId: string;
  readonly onDone: () => void;
}) {
  return (
    <Action
      label="Redeliver"
      permission="subscriptions:write"
      run={() => act(redelivered, `${path}/deliveries/${encodeURIComponent(eventId)}/redeliver`)}
      onDone={onDone}
    />
  );
}
