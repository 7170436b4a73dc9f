export interface ReadOnceOptions<Fact> {
  /** What is known of each that could be read now; null: there is no such record. The others are asked for again. */
  readonly read: (ids: readonly string[]) => Promise<ReadonlyMap<string, Fact | null>>;
  /** Whether the record never changes again, as far as this fact goes. */
  readonly isFinal: (fact: Fact) => boolean;
  /** Records that one call reads. What is left is read by the next one. */
  readonly readsMax: number;
  /** Above so many, what is not asked for is forgotten. */
  readonly keptMax: number;
}

export interface Facts<Fact> {
  /** By id; without those that are gone, and those that were never read. */
  readonly facts: ReadonlyMap<string, Fact>;
  /** Records that were never read: they were too many, or could not be read. */
  readonly unread: number;
  /** Records of which an earlier call's fact is given, for the same reasons. The next calls come to them. */
  readonly stale: number;
}

export interface ReadOnce<Fact> {
  of(ids: readonly string[]): Promise<Facts<Fact>>;
  /** They are read anew when they are asked for. */
  forget(ids: Iterable<string>): void;
}

/**
 * Facts of records, for as long as the process lives: a record that never changes again is read once, whoever asks how
 * often. Those that were never read come first, in the order of the ids; then those that were read longest ago.
 */
export function makeReadOnce<Fact>({ read, isFinal, readsMax, keptMax }: ReadOnceOptions<Fact>): ReadOnce<Fact> {
  const known = new Map<string, { readonly fact: Fact; readonly turn: number }>();
  let turn = 0;

  return {
    async of(ids) {
      turn += 1;
      const now = turn;
      const wanted = new Set(ids);
      const due = [...wanted].filter((id) => {
        const one = known.get(id);
        return one === undefined || !isFinal(one.fact);
      });
      const turnOf = (id: string): number => known.get(id)?.turn ?? 0;
      const answers = await read(due.toSorted((a, b) => turnOf(a) - turnOf(b)).slice(0, readsMax));
      for (const [id, fact] of answers)
        if (fact === null) known.delete(id);
        else known.set(id, { fact, turn: now });
      if (known.size > keptMax) for (const id of known.keys()) if (!wanted.has(id)) known.delete(id);
      const facts = [...wanted].flatMap((id): [string, Fact][] => {
        const one = known.get(id);
        return one === undefined ? [] : [[id, one.fact]];
      });
      const left = due.filter((id) => !answers.has(id));
      const stale = left.filter((id) => known.has(id)).length;
      return { facts: new Map(facts), unread: left.length - stale, stale };
    },
    forget(ids) {
      for (const id of ids) known.delete(id);
    },
  };
}
