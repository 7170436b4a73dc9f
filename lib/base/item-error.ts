/**
 * A stored item that can't be understood: a newer version wrote it, or somebody by hand. Whoever reads many leaves it
 * out, so that it harms itself alone; it says nothing about the others, and reading it again does not help.
 */
export class ItemError extends Error {
  override readonly name = 'ItemError';
}

/** For `catch`, where what can't be understood counts as absent: the store has told of it. */
export function nullIfUnreadable(error: unknown): null {
  if (error instanceof ItemError) return null;
  throw error;
}
