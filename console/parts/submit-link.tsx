import { useMay } from '../data/may.ts';

/** The way to the form, for a token that may use it. */
export function SubmitLink({ text, isButton = false }: { readonly text: string; readonly isButton?: boolean }) {
  if (!useMay('jobs:write')) return null;
  return (
    <a class={isButton ? 'button' : ''} href="#/jobs/new">
      {text}
    </a>
  );
}

/** The same for a subscription. */
export function SubscribeLink({ text, isButton = false }: { readonly text: string; readonly isButton?: boolean }) {
  if (!useMay('subscriptions:write')) return null;
  return (
    <a class={isButton ? 'button' : ''} href="#/subscriptions/new">
      {text}
    </a>
  );
}
