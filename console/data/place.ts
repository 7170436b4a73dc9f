/** Pages and filters live behind the `#`: they can be linked and gone back to, and never reach a server. */
export interface Place {
  /** `['jobs', 'job_…']`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** The entry of the history: going back gives the number that was left. */
  readonly visit: number;
  /** It was here before, and is come back to. */
  readonly isReturn: boolean;
}

export function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const parts = path.split('/').filter((part) => part !== '');
  return { path: parts.map(decoded), query: new URLSearchParams(query), visit: 0, isReturn: false };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A stray % stands for itself.
    return part;
  }
}

/** Several values of a field stand one after the other. */
export function hrefOf(
  path: readonly string[],
  query: Readonly<Record<string, string | readonly string[] | undefined>> = {},
): string {
  const search = new URLSearchParams();
  for (const [name, value = ''] of Object.entries(query))
    for (const one of [value].flat()) if (one !== '') search.append(name, one);
  return `#/${path.map(encodeURIComponent).join('/')}${search.size === 0 ? '' : `?${search}`}`;
}
