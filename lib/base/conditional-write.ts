/** What a conditional write answers. `conflict`: its condition did not hold, and nothing was written. */
export type WriteResult = 'saved' | 'conflict';

/**
 * Read, change, write: begins again from what is stored, if somebody else has written in between. `write` answers
 * `conflict` for that and anything else to be done; after so many tries the answer is `conflict`.
 */
export async function readChangeWrite<Stored, Result>(
  tries: number,
  read: () => Promise<Stored>,
  write: (stored: Stored, attempt: number) => Promise<Result | 'conflict'>,
): Promise<Result | 'conflict'> {
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const result = await write(await read(), attempt);
    if (result !== 'conflict') return result;
  }
  return 'conflict';
}
