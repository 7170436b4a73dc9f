/** The bytes of a body as they come in: memory is bounded by what was received, in however small chunks. */
export interface Body {
  /** How many bytes have come, those beyond the bound too. */
  readonly receivedBytes: number;
  readonly add: (chunk: Uint8Array) => void;
  /** What has come, up to the bound. */
  readonly text: () => string;
}

const FIRST_BYTES = 4096;

/**
 * One buffer that doubles as it fills. Chunks that were kept as they come would cost some 200 bytes each, of one byte
 * too: a body of 1 MB then takes 200 MB.
 */
export function makeBody(maxBytes: number): Body {
  let kept = Buffer.allocUnsafeSlow(Math.min(FIRST_BYTES, maxBytes));
  let receivedBytes = 0;
  const grow = (neededBytes: number): void => {
    const grown = Buffer.allocUnsafeSlow(Math.min(Math.max(kept.length * 2, neededBytes), maxBytes));
    kept.copy(grown, 0, 0, receivedBytes);
    kept = grown;
  };
  return {
    get receivedBytes() {
      return receivedBytes;
    },
    add: (chunk) => {
      if (receivedBytes < maxBytes) {
        const neededBytes = Math.min(receivedBytes + chunk.length, maxBytes);
        if (neededBytes > kept.length) grow(neededBytes);
        kept.set(chunk.subarray(0, neededBytes - receivedBytes), receivedBytes);
      }
      receivedBytes += chunk.length;
    },
    text: () => kept.toString('utf8', 0, Math.min(receivedBytes, maxBytes)),
  };
}
