import type { Source } from '../imports.ts';

/** The rooms that each room imports: folders of `lib`, and each other folder as one room. */
export function roomImports(sources: readonly Pick<Source, 'name' | 'imports'>[]): ReadonlyMap<string, Set<string>> {
  const rooms = new Map(sources.map(({ name }) => [roomOf(name), new Set<string>()]));
  for (const { name, imports } of sources)
    for (const target of imports) {
      const [from, to] = [roomOf(name), roomOf(target)];
      // What is not code, such as a JSON file, has a room only if code lies beside it.
      if (from !== to && rooms.has(to)) rooms.get(from)?.add(to);
    }
  return rooms;
}

/**
 * The picture of the rooms, as Mermaid draws it: an arrow is an import. One that a longer way implies is left out.
 * The same imports give the same text.
 */
export function roomMap(sources: readonly Pick<Source, 'name' | 'imports'>[]): string {
  const rooms = roomImports(sources);
  const names = [...rooms.keys()].toSorted();
  const arrows = names.flatMap((from) => direct(rooms, from).map((to) => `  ${idOf(from)} --> ${idOf(to)}`));
  const outside = names.filter((room) => !isOfLib(room)).map(nodeOf);
  const inside = names.filter(isOfLib).map((room) => `  ${nodeOf(room)}`);
  const lines = ['flowchart TD', ...outside, '  subgraph lib', ...inside, '  end', ...arrows];
  return ['```mermaid', ...lines, '```'].join('\n');
}

/** The rooms that `from` imports and that none of its other imports leads to. */
function direct(rooms: ReadonlyMap<string, Set<string>>, from: string): string[] {
  const targets = [...(rooms.get(from) ?? [])].toSorted();
  return targets.filter((to) => !targets.some((other) => other !== to && reaches(rooms, other, to)));
}

function reaches(rooms: ReadonlyMap<string, Set<string>>, from: string, to: string): boolean {
  const seen = new Set([from]);
  // A set that grows while it is walked is walked to its end.
  for (const room of seen) for (const next of rooms.get(room) ?? []) seen.add(next);
  return seen.has(to);
}

function roomOf(path: string): string {
  const [folder = '', room = ''] = path.split('/');
  return folder === 'lib' ? `lib/${room}` : folder;
}

function isOfLib(room: string): boolean {
  return room.startsWith('lib/');
}

function idOf(room: string): string {
  return room.replaceAll('/', '_');
}

function nodeOf(room: string): string {
  return `  ${idOf(room)}["${room.replace('lib/', '')}"]`;
}
