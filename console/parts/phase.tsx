import type { ComponentChildren } from 'preact';
import { phaseWord } from '../data/phases.ts';

/** Each phase is a colour, a shape and a word: any one of the three is enough to tell it. */
const SHAPES: Readonly<Record<string, ComponentChildren>> = {
  pending: <circle cx="6" cy="6" r="4.25" class="line" />,
  running: (
    <>
      <circle cx="6" cy="6" r="4.25" class="line" />
      <path d="M6 1.75a4.25 4.25 0 0 1 0 8.5z" class="fill" />
    </>
  ),
  rolling_back: <path d="M9.5 1.8v8.4L2 6z" class="line" />,
  succeeded: <path d="M1.8 6.4l3 3 5.4-6.6" class="stroke" />,
  failed: <path d="M2.4 2.4l7.2 7.2M9.6 2.4l-7.2 7.2" class="stroke" />,
  rollback_failed: (
    <>
      <path d="M6 .8L11.2 6 6 11.2.8 6z" class="fill" />
      <path d="M6 3.4v3M6 8.2v.4" class="hole" />
    </>
  ),
  canceled: (
    <>
      <circle cx="6" cy="6" r="4.25" class="line" />
      <path d="M3.2 8.8l5.6-5.6" class="line" />
    </>
  ),
  timed_out: (
    <>
      <circle cx="6" cy="6" r="4.75" class="fill" />
      <path d="M6 3.4V6l1.8 1.2" class="hole" />
    </>
  ),
  lost: (
    <>
      <circle cx="6" cy="6" r="4.25" class="line dashed" />
      <path d="M6 5v2" class="stroke" />
    </>
  ),
  stopped: <rect x="2.2" y="2.2" width="7.6" height="7.6" rx="1" class="fill" />,
};

/** The shape alone is for lists whose word stands beside it anyhow. */
export function PhaseShape({ phase }: { readonly phase: string }) {
  return (
    <svg class={`shape tone-${toneOf(phase)}`} viewBox="0 0 12 12" aria-hidden="true">
      {SHAPES[phase] ?? SHAPES['lost']}
    </svg>
  );
}

export function PhaseMark({ phase }: { readonly phase: string }) {
  return (
    <span class={`phase tone-${toneOf(phase)}`}>
      <PhaseShape phase={phase} />
      {phaseWord(phase)}
    </span>
  );
}

const TONES: Readonly<Record<string, string>> = {
  running: 'live',
  rolling_back: 'warn',
  succeeded: 'good',
  failed: 'bad',
  rollback_failed: 'bad',
  timed_out: 'warn',
  lost: 'warn',
};

/** The colour of a phase, by name: the style sheet knows it in light and dark. */
export function toneOf(phase: string): string {
  return TONES[phase] ?? 'calm';
}

const DELIVERY_TONES: Readonly<Record<string, string>> = { delivered: 'good', waiting: 'live', exhausted: 'bad' };
const DELIVERY_SHAPES: Readonly<Record<string, string>> = {
  delivered: 'succeeded',
  waiting: 'pending',
  exhausted: 'failed',
  canceled: 'canceled',
  skipped: 'stopped',
};

export function deliveryToneOf(state: string): string {
  return DELIVERY_TONES[state] ?? 'calm';
}

/** What became of a delivery, in the same three ways. */
export function DeliveryMark({ state }: { readonly state: string }) {
  return (
    <span class={`phase tone-${deliveryToneOf(state)}`}>
      <svg class="shape" viewBox="0 0 12 12" aria-hidden="true">
        {SHAPES[DELIVERY_SHAPES[state] ?? 'lost']}
      </svg>
      {state}
    </span>
  );
}

/** A state of something else than a job: an endpoint, the tick. */
export function Mark({ tone, shape, children }: { tone: string; shape: string; children: ComponentChildren }) {
  return (
    <span class={`phase tone-${tone}`}>
      <svg class="shape" viewBox="0 0 12 12" aria-hidden="true">
        {SHAPES[shape]}
      </svg>
      {children}
    </span>
  );
}
