import { readChangeWrite, type WriteResult } from '../base/conditional-write.ts';
import type { KeyState } from './key-state.ts';

/** The table `state`, as far as refusals are concerned. */
export interface KeyStateStore {
  /** Consistent; something never written is `unknownKeyState`. */
  get(id: string): Promise<KeyState>;
  /** Writes on the condition that `version` still stands, and raises it. */
  put(state: KeyState): Promise<WriteResult>;
}

interface StorePorts {
  readonly keyStates: KeyStateStore;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
}

const CONFLICT_TRIES = 8;
const BACK_OFF_MS = 20;

/**
 * Read, change, write on the version. Changes of one item in this process wait for each other; against other workers
 * they try again after a moment.
 */
export function makeKeyStates({ keyStates, sleep, random }: StorePorts) {
  const turns = new Map<string, Promise<unknown>>();

  async function tryUpdate(id: string, change: (state: KeyState) => KeyState): Promise<KeyState> {
    const written = await readChangeWrite(
      CONFLICT_TRIES,
      () => keyStates.get(id),
      async (known, attempt) => {
        const next = change(known);
        if (next === known) return known;
        if ((await keyStates.put(next)) === 'saved') return { ...next, version: known.version + 1 };
        await sleep(random() * BACK_OFF_MS * 2 ** attempt);
        return 'conflict';
      },
    );
    if (written !== 'conflict') return written;
    throw new Error(`The state of ${id} changed ${CONFLICT_TRIES} times while it was being written.`);
  }

  return {
    get: keyStates.get,
    put: keyStates.put,
    /** What stands after the change. Throws if the store fails, or if others change the item all the time. */
    async update(id: string, change: (state: KeyState) => KeyState): Promise<KeyState> {
      const before = turns.get(id) ?? Promise.resolve();
      const turn = before.then(() => tryUpdate(id, change));
      const quiet = turn.catch(() => undefined);
      turns.set(id, quiet);
      try {
        return await turn;
      } finally {
        if (turns.get(id) === quiet) turns.delete(id);
      }
    },
  };
}

export type KeyStates = ReturnType<typeof makeKeyStates>;
