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
