export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `ok` or the vendor's error code: what the counters call it. */
  readonly outcome: string;
}

export const JSON_TYPE = 'application/json;charset=utf-8';
const HTML_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n';

export function jsonReply(
  status: number,
  value: unknown,
  outcome: string,
  headers: Record<string, string> = {},
): Reply {
  return { status, headers: { 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(value), outcome };
}

export function htmlReply(status: number, outcome: string): Reply {
  return { status, headers: { 'content-type': 'text/html' }, body: HTML_PAGE, outcome };
}
