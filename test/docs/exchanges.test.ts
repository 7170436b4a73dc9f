import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Site, startSite } from './scene.ts';
import { DOCUMENTS, snippetsOf } from './snippets.ts';

/**
 * Goal: the API answers what documents say that it answers. Method: each request that is shown with its answer is sent to the
 * packaged system; the status has to be the same, and the body to hold what is shown, unless `…` leaves something out.
 */
interface Exchange {
  readonly place: string;
  readonly method: string;
  readonly path: string;
  readonly header: string | null;
  readonly body: string | null;
  readonly status: number;
  readonly answer: string;
}

const EXCHANGE =
  /^(GET|POST|PATCH|DELETE) (\/v1\/\S+)(?: {2}([\w-]+: \S+))?(?: {2}(\{[\s\S]*?\}))?\n+(\d{3}) {2}(\{[\s\S]*?)(?=\n\n|\n?$(?![\s\S]))/gm;

const exchanges: readonly Exchange[] = DOCUMENTS.flatMap((document) =>
  snippetsOf(document)
    .filter(({ language }) => language === 'http')
    .flatMap(({ place, text }) =>
      [...text.matchAll(EXCHANGE)].map(
        ([, method = '', path = '', header = null, body = null, status = '', answer = '']) => ({
          place,
          method,
          path,
          header,
          body,
          status: Number(status),
          answer: answer.trim(),
        }),
      ),
    ),
);

let site: Site;
beforeAll(async () => {
  site = await startSite();
}, 120_000);
afterAll(() => site?.close(), 30_000);

test.each(exchanges)('$place $method $path answers $status', async ({ method, path, header, body, status, answer }) => {
  const [name = '', value = ''] = header?.split(': ') ?? [];
  const response = await fetch(`${site.scene.apiUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${site.scene.token}`,
      'content-type': 'application/json',
      ...(header === null ? {} : { [name]: value }),
    },
    ...(body === null ? {} : { body: body.replace(/https:\/\/hooks\.example\.com[^"]*/, site.scene.hookUrl) }),
  });
  expect(response.status).toBe(status);
  const shown = answer.includes('…') ? {} : JSON.parse(answer);
  expect(await response.json()).toMatchObject(shown);
});

test('some are shown', () => {
  expect(exchanges.length).toBeGreaterThanOrEqual(3);
});
