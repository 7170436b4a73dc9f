/** `key=value` as a pair; null where there is no key. The value may be empty, or hold further `=`. */
export function pairOf(text: string): readonly [key: string, value: string] | null {
  const at = text.indexOf('=');
  return at < 1 ? null : [text.slice(0, at), text.slice(at + 1)];
}

/** The messages of a JSON document with several of them: a list, or `{"jobs": […]}`. null: it is one message. */
export function messagesIn(document: unknown): readonly unknown[] | null {
  if (Array.isArray(document)) return document;
  if (typeof document !== 'object' || document === null || !('jobs' in document)) return null;
  return Array.isArray(document.jobs) ? document.jobs : null;
}
