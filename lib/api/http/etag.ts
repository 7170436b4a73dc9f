import { createHash } from 'node:crypto';
import type { ApiRequest, ApiResponse } from './types.ts';

/**
 * Gives what was read an `ETag`, and responds with 304 to whoever has it already. The record is read all the same: what
 * it saves is the way to the caller. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
 */
export function conditional(request: ApiRequest, response: ApiResponse): ApiResponse {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead || response.status !== 200) return response;
  const etag = `"${createHash('sha256').update(response.body).digest('base64url').slice(0, 27)}"`;
  if (!names(request.headers['if-none-match'], etag)) return { ...response, headers: { ...response.headers, etag } };
  const { 'content-type': _, ...headers } = response.headers;
  return { status: 304, headers: { ...headers, etag }, body: '' };
}

/**
 * Whether the header holds the tag. The comparison is weak: on its way a response may have been compressed and its tag
 * marked so.
 */
export function names(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const strong = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.split(',').some((tag) => tag.trim() === '*' || strong(tag) === strong(etag));
}
