import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApiClient } from '../../local/client.ts';
import { readPlayground, savePlayground, subscribeOnce } from '../../local/playground.ts';

/** Goal: whoever starts the playground again finds what was there, and no start leaves anything behind. */
const SUBSCRIPTIONS_MAX = 100;
const URL_OF_RECEIVER = 'http://127.0.0.1:4000/';

/** An API that has these subscriptions, and refuses more than there may be. */
function anApi(urls: readonly string[]) {
  let all = urls.map((url, index) => ({ id: `sub_${index}`, url }));
  let made = 0;
  const api: ApiClient = {
    get: async <Answer>() => ({ subscriptions: all }) as Answer,
    post: async <Answer>(_: string, body?: unknown) => {
      if (all.length >= SUBSCRIPTIONS_MAX) throw new Error('409');
      made += 1;
      const { url } = body as { url: string };
      all.push({ id: `new_${made}`, url });
      return { id: `new_${made}`, secret: 'whsec_new', url, types: [] } as Answer;
    },
    remove: async (path) => {
      all = all.filter(({ id }) => !path.endsWith(`/${id}`));
    },
  };
  return { api, urls: () => all.map(({ url }) => url), made: () => made };
}

describe('the subscription of the playground', () => {
  test('is the one of the run before, while it is there', async () => {
    const world = anApi([URL_OF_RECEIVER]);
    const known = { id: 'sub_0', secret: 'whsec_old' };
    expect(await subscribeOnce(world.api, URL_OF_RECEIVER, known)).toEqual(known);
    expect(world.made()).toBe(0);
  });

  test('takes the place of all that dead receivers have left, and of nobody else', async () => {
    const dead = Array.from({ length: SUBSCRIPTIONS_MAX - 2 }, (_, index) => `http://127.0.0.1:${5000 + index}/`);
    const others = ['https://example.com/', 'http://127.0.0.1:9000/print'];
    const world = anApi([...dead, ...others]);
    expect(await subscribeOnce(world.api, URL_OF_RECEIVER, null)).toEqual({ id: 'new_1', secret: 'whsec_new' });
    expect(world.urls()).toEqual([...others, URL_OF_RECEIVER]);
  });

  test('is made anew where the receiver had to take another port', async () => {
    const world = anApi(['http://127.0.0.1:3999/']);
    await subscribeOnce(world.api, URL_OF_RECEIVER, { id: 'sub_0', secret: 'whsec_old' });
    expect(world.urls()).toEqual([URL_OF_RECEIVER]);
  });
});

describe('the folder of the playground', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'jobwatch-playground-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('keeps ports, token and subscription for its owner alone', () => {
    const kept = { ...readPlayground(dir), port: 1, receiverPort: 2, subscription: { id: 'sub_a', secret: 'whsec_a' } };
    savePlayground(dir, kept);
    expect(readPlayground(dir)).toEqual(kept);
    expect(statSync(join(dir, 'playground.json')).mode & 0o777).toBe(0o600);
    writeFileSync(join(dir, 'playground.json'), '{');
    expect(() => readPlayground(dir)).toThrow('is damaged: delete it');
  });

  test('is not needed', () => {
    savePlayground(undefined, readPlayground(undefined));
    expect(readPlayground(undefined)).toMatchObject({
      port: 0,
      subscription: null,
      token: expect.stringMatching(/^jw_/),
    });
  });
});
