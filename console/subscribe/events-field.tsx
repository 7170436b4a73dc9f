import type { ComponentChildren } from 'preact';
import { EVENT_MEANINGS, EVENT_TYPES } from '../../lib/events/types.ts';

const CHOICES = [
  ['ends', 'Ends of jobs', 'succeeded, failed, rollback failed, canceled, timed out, lost, stopped'],
  ['all', 'All events', 'those that a newer jobwatch adds as well'],
  ['chosen', 'Choose', ''],
] as const;

interface EventsFieldProps {
  readonly events: string;
  readonly types: readonly string[];
  readonly problem: string | null;
  readonly onChange: (change: { readonly events?: string; readonly types?: readonly string[] }) => void;
}

/** Which events are sent, each with a few words on when. */
export function EventsField({ events, types, problem, onChange }: EventsFieldProps) {
  const patterns = types.filter((type) => !Object.hasOwn(EVENT_MEANINGS, type));
  const toggle = (type: string, isOn: boolean) =>
    onChange({ types: isOn ? [...types, type] : types.filter((one) => one !== type) });
  return (
    <fieldset class="field" aria-describedby={problem === null ? undefined : 'field-types-problem'}>
      <legend>Events</legend>
      {CHOICES.map(([value, name, about]) => (
        <Choice
          key={value}
          type="radio"
          name="events"
          isOn={events === value}
          onChange={() => onChange({ events: value })}
        >
          {name} {about === '' ? null : <span class="hint">{about}</span>}
        </Choice>
      ))}
      {events === 'chosen' ? (
        <div class="choices" id="field-types" tabIndex={-1}>
          {[...patterns, ...EVENT_TYPES].map((type) => (
            <Choice
              key={type}
              type="checkbox"
              name={type}
              isOn={types.includes(type)}
              onChange={(isOn) => toggle(type, isOn)}
            >
              <span class="mono">{type.replace(/^jobwatch\./, '')}</span> <span class="hint">{meaningOf(type)}</span>
            </Choice>
          ))}
        </div>
      ) : null}
      {problem === null ? null : (
        <p class="field-problem" id="field-types-problem">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

function meaningOf(type: string): string {
  return Object.entries(EVENT_MEANINGS).find(([known]) => known === type)?.[1] ?? 'every type that begins so';
}

interface ChoiceProps {
  readonly type: 'radio' | 'checkbox';
  readonly name: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly children: ComponentChildren;
}

function Choice({ type, name, isOn, onChange, children }: ChoiceProps) {
  return (
    <label class="choice">
      <input type={type} name={name} checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{children}</span>
    </label>
  );
}
