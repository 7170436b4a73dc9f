interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly problem: string | null;
  readonly onInput: (value: string) => void;
  readonly onLeave: () => void;
  readonly hint?: string;
  readonly isRequired?: boolean;
  readonly isMono?: boolean;
  readonly isLong?: boolean;
  /** Makes it a choice. */
  readonly options?: readonly string[];
  /** What the choice of nothing is called. */
  readonly empty?: string;
}

/** A labelled field with its problem beneath it. */
export function Field({ name, label, problem, hint, isRequired = false, ...rest }: FieldProps) {
  const id = `field-${name}`;
  const described = [problem === null ? null : `${id}-problem`, hint === undefined ? null : `${id}-hint`].filter(
    (one) => one !== null,
  );
  return (
    <div class="field">
      <label for={id}>
        {label}
        {isRequired ? <span class="dim"> required</span> : null}
      </label>
      <Control
        {...rest}
        id={id}
        name={name}
        aria-invalid={problem !== null}
        {...(described.length === 0 ? {} : { 'aria-describedby': described.join(' ') })}
      />
      {problem === null ? null : (
        <p class="field-problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
      {hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

type ControlProps = Pick<
  FieldProps,
  'name' | 'value' | 'onInput' | 'onLeave' | 'isMono' | 'isLong' | 'options' | 'empty'
> & {
  readonly id: string;
  readonly 'aria-invalid': boolean;
  readonly 'aria-describedby'?: string;
};

function Control({
  onInput,
  onLeave,
  isMono = false,
  isLong = false,
  options,
  empty = 'choose',
  ...rest
}: ControlProps) {
  if (options !== undefined) {
    return (
      <select {...rest} onChange={(event) => onInput(event.currentTarget.value)} onBlur={onLeave}>
        <option value="">{empty}</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    );
  }
  if (isLong) {
    return (
      <textarea
        {...rest}
        rows={3}
        spellcheck={false}
        onInput={(event) => onInput(event.currentTarget.value)}
        onBlur={onLeave}
      />
    );
  }
  return (
    <input
      {...rest}
      type="text"
      class={isMono ? 'mono' : ''}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => onInput(event.currentTarget.value)}
      onBlur={onLeave}
    />
  );
}
