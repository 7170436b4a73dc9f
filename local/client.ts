import { createHash, randomBytes } from 'node:crypto';

/** The API as a script of this folder uses it. */
export interface ApiClient {
  get<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body?: unknown): Promise<Answer>;
  remove(path: string): Promise<void>;
}

/** An API token, a fresh one unless given, and the parameter that makes it good: only the hash is stored. */
export function makeToken(token = `jw_${randomBytes(24).toString('base64url')}`): { token: string; parameter: string } {
  const sha256 = createHash('sha256').update(token).digest('hex');
  const entry = { name: 'local', sha256, scopes: ['read', 'jobs:write', 'subscriptions:write'] };
  return { token, parameter: JSON.stringify([entry]) };
}

export function makeApiClient(baseUrl: string, token: string): ApiClient {
  async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${baseUrl}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return (text === '' ? null : JSON.parse(text)) as Answer;
  }
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body ?? {}),
    remove: (path) => call('DELETE', path),
  };
}
