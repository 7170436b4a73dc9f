import { CALLBACK_KINDS, type CallbackKind } from '../lib/job/callbacks.ts';

/** For whoever checks a message and does not know what the stack closes. */
export const ANY_CALLBACKS: ReadonlySet<CallbackKind> = new Set(CALLBACK_KINDS);

/** `key=value` as a pair; null where there is no key. The value may be empty, or hold further `=`. */
export function pairOf(text: string): readonly [key: string, value: string] | null {
  const at = text.indexOf('=');
  return at < 1 ? null : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * The messages of a JSON document with several of them: a list, or `{"jobs": […]}`, whose `group` holds for each that
 * names none. null: it is one message.
 */
export function messagesIn(document: unknown): readonly unknown[] | null {
  if (Array.isArray(document)) return document;
  if (typeof document !== 'object' || document === null || !('jobs' in document)) return null;
  if (!Array.isArray(document.jobs)) return null;
  return 'group' in document ? inGroup(document.jobs, document.group) : document.jobs;
}

/** Messages that name no group, in this one. */
export function inGroup(messages: readonly unknown[], group: unknown): readonly unknown[] {
  return messages.map((message) => (isPlain(message) ? { group, ...message } : message));
}

function isPlain(message: unknown): message is object {
  return typeof message === 'object' && message !== null && !Array.isArray(message);
}

/** What a subscription can be: an address, or the event bus of the stack. */
export const KINDS = ['webhook', 'eventbridge'] as const;

/** Where its events go, for people to read. */
export function placeOf({ kind, url }: { readonly kind?: string | undefined; readonly url: string }): string {
  return kind === 'eventbridge' ? 'EventBridge' : url;
}

/** What a subscription can be sent: the event itself, or a message for the robot of a group. */
export const FORMATS = ['cloudevents', 'dingtalk', 'feishu', 'wecom', 'slack'] as const;
/** Those robots that know a signature. */
export const SIGNED_FORMATS: readonly string[] = ['dingtalk', 'feishu'];
export const LANGUAGES = ['en', 'zh'] as const;

/** Whether events go there as messages for people. */
export function isRobot(format: string | undefined): boolean {
  return format !== undefined && format !== '' && format !== 'cloudevents';
}

/** `Name: value` as a pair; null where it is none. */
export function headerOf(text: string): readonly [name: string, value: string] | null {
  const at = text.indexOf(':');
  const [name, value] = [text.slice(0, Math.max(at, 0)).trim(), text.slice(at + 1).trim()];
  return name === '' || value === '' ? null : [name, value];
}
