import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

const TYPING_MS = 350;

interface FieldProps {
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

interface ChoiceProps extends FieldProps {
  readonly options: readonly (readonly [value: string, text: string])[];
}

export function Choice({ name, value, onChange, options }: ChoiceProps) {
  return (
    <label class="filter">
      <span>{name}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">any</option>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface TextProps extends FieldProps {
  readonly hint?: string;
  readonly isWide?: boolean;
}

/** Filters once the typing has paused. */
export function Text({ name, value, onChange, hint = '', isWide = false }: TextProps) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const change = (text: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(text.trim()), TYPING_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <label class={isWide ? 'filter wide' : 'filter'}>
      <span>{name}</span>
      <input
        type="search"
        value={value}
        placeholder={hint}
        spellcheck={false}
        onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  );
}

interface SeveralProps {
  readonly name: string;
  readonly values: readonly string[];
  readonly options: readonly (readonly [value: string, text: ComponentChildren])[];
  /** The choice in words. */
  readonly text: string;
  readonly onChange: (values: readonly string[]) => void;
}

/** Any of several values, in a list that opens. */
export function Several({ name, values, options, text, onChange }: SeveralProps) {
  const details = useRef<HTMLDetailsElement>(null);
  useClosing(details);
  return (
    <div class="filter">
      <span>{name}</span>
      <details class="menu" ref={details}>
        <summary aria-label={`${name}: ${text}`}>
          <span class="cut">{text}</span>
        </summary>
        <fieldset class="menu-body" aria-label={name}>
          {options.map(([value, word]) => (
            <label class="choice" key={value}>
              <input
                type="checkbox"
                checked={values.includes(value)}
                onChange={(event) =>
                  onChange(event.currentTarget.checked ? [...values, value] : values.filter((one) => one !== value))
                }
              />
              {word}
            </label>
          ))}
        </fieldset>
      </details>
    </div>
  );
}

/** A list that opens closes on Escape, and when something else is clicked. */
export function useClosing(details: { readonly current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const onKey = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape' || details.current?.open !== true) return;
      details.current.open = false;
      details.current.querySelector('summary')?.focus();
    };
    const onPointer = ({ target }: Event) => {
      const isWithin = target instanceof Node && details.current?.contains(target) === true;
      if (details.current !== null && !isWithin) details.current.open = false;
    };
    document.addEventListener('keydown', onKey);
    document.addEventListener('pointerdown', onPointer);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('pointerdown', onPointer);
    };
  }, []);
}
