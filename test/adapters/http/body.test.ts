import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeBody } from '../../../lib/adapters/http/body.ts';

test('a body is what its chunks are together, up to the bound, in whatever pieces they come', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.integer({ min: 0, max: 20_000 }), (texts, maxBytes) => {
      const chunks = texts.map((text) => Buffer.from(text.repeat(300)));
      const body = makeBody(maxBytes);
      for (const chunk of chunks) body.add(chunk);
      const whole = Buffer.concat(chunks);
      expect(body.receivedBytes).toBe(whole.length);
      expect(body.text()).toBe(whole.subarray(0, maxBytes).toString('utf8'));
    }),
  );
});
