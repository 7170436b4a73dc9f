import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { signAcs3 } from '../../lib/vendors/alibaba/acs3.ts';
import { signSdkHmac } from '../../lib/vendors/huawei/sdk-hmac.ts';
import { canonicalQuery, encode, encodeQuery } from '../../lib/vendors/kit/canonical.ts';
import { fixture } from './support.ts';

const vectors = v.parse(
  v.array(
    v.object({
      alg: v.string(),
      source: v.string(),
      ak: v.string(),
      sk: v.string(),
      method: v.string(),
      path: v.string(),
      query: v.array(v.tuple([v.string(), v.string()])),
      headers: v.record(v.string(), v.string()),
      body: v.string(),
      canonicalHash: v.string(),
      signature: v.string(),
    }),
  ),
  fixture('signatures.json'),
);

describe('signatures', () => {
  test('there are twenty vectors of the two algorithms', () => {
    expect(vectors).toHaveLength(20);
    expect(new Set(vectors.map(({ alg }) => alg))).toEqual(new Set(['ACS3-HMAC-SHA256', 'SDK-HMAC-SHA256']));
  });

  test.each(
    vectors.map((vector) => [`${vector.alg} ${vector.source} ${vector.signature.slice(0, 8)}`, vector] as const),
  )('%s', (_, { alg, ak, sk, method, path, query, headers, body, canonicalHash, signature }) => {
    const key = { accessKeyId: ak, accessKeySecret: sk };
    const names = Object.keys(headers).sort().join(';');
    if (alg === 'ACS3-HMAC-SHA256') {
      expect(signAcs3({ method, query, headers, body, ...key })).toEqual({
        canonicalHash,
        signature,
        authorization: `ACS3-HMAC-SHA256 Credential=${ak},SignedHeaders=${names},Signature=${signature}`,
      });
      return;
    }
    const sdkDate = headers['x-sdk-date'] ?? '';
    expect(signSdkHmac({ method, path, query, headers, sdkDate, body, ...key })).toEqual({
      canonicalHash,
      signature,
      authorization: `SDK-HMAC-SHA256 Access=${ak}, SignedHeaders=${names}, Signature=${signature}`,
    });
  });

  test('encoding leaves only the unreserved characters of RFC 3986', () => {
    expect(encode("AZaz09-._~ !'()*+/=?#&%é\u{1f600}")).toBe(
      'AZaz09-._~%20%21%27%28%29%2A%2B%2F%3D%3F%23%26%25%C3%A9%F0%9F%98%80',
    );
    expect(encode('\ud800')).toBe('%EF%BF%BD');
  });

  test('a query is sorted by code units of name and value only where it is signed', () => {
    const query = [
      ['b', '2'],
      ['a', 'z'],
      ['JobIds.10', 'x'],
      ['JobIds.2', 'y'],
      ['a', 'b'],
    ] as const;
    expect(encodeQuery(query)).toBe('b=2&a=z&JobIds.10=x&JobIds.2=y&a=b');
    expect(canonicalQuery(query)).toBe('JobIds.10=x&JobIds.2=y&a=b&a=z&b=2');
  });
});
