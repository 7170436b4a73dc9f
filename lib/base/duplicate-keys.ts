/**
 * The name of a member that stands twice in one object of a JSON text, else null. `JSON.parse` keeps the last one
 * silently, so two readers of one message could see two different jobs. The text must be valid JSON.
 */
export function duplicateKey(json: string): string | null {
  const scan: Scan = { objects: [], text: '""' };
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    const twice = read(scan, token);
    if (twice !== null) return twice;
  }
  return null;
}

interface Scan {
  /** The names seen in each object that is open; null for an array. */
  readonly objects: (Set<string> | null)[];
  /** The latest text: a name, if a colon follows. */
  text: string;
}

function read(scan: Scan, token: string): string | null {
  if (token === ':') return addName(scan);
  if (token === '{') scan.objects.push(new Set());
  else if (token === '[') scan.objects.push(null);
  else if (token === '}' || token === ']') scan.objects.pop();
  else scan.text = token;
  return null;
}

function addName({ objects, text }: Scan): string | null {
  const names = objects.at(-1);
  const name = String(JSON.parse(text));
  if (names?.has(name)) return name;
  names?.add(name);
  return null;
}
