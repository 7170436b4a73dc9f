/** A rectangle in pixels. */
interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Anchor {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** Where a label stands, seen from its point. */
export interface Placed extends Anchor {
  readonly dx: number;
  readonly dy: number;
  readonly textAnchor: 'start' | 'end';
}

const LETTER_PX = 7;
const LINE_PX = 15;
const DOT_PX = 6;
const PLACES = [8, -8].flatMap((dx) => [-8, 10, 0, -22, 24, -36, 38].map((dy) => ({ dx, dy })));

/** Labels beside their points, each at the first place where it covers no other label and no point. */
export function placeBeside(points: readonly Anchor[]): Placed[] {
  const taken: Box[] = points.map(({ x, y }) => around(x, y, DOT_PX, DOT_PX));
  return points.map((point) => {
    const free = PLACES.find((place) => taken.every((box) => !overlap(box, boxOf(point, place)))) ?? PLACES[0];
    const { dx, dy } = free ?? { dx: 0, dy: 0 };
    taken.push(boxOf(point, { dx, dy }));
    return { ...point, dx, dy, textAnchor: dx > 0 ? 'start' : 'end' };
  });
}

/**
 * Heights for labels one below the other in the order of their points, each as near to its point as the others let it
 * be.
 */
export function stack(points: readonly Anchor[], bottom: number): (Anchor & { readonly at: number })[] {
  let next = Number.NEGATIVE_INFINITY;
  const sorted = points.toSorted((a, b) => a.y - b.y);
  const down = sorted.map((point) => {
    const at = Math.max(point.y, next);
    next = at + LINE_PX;
    return { ...point, at };
  });
  let limit = bottom;
  return down.reverse().map((point) => {
    const at = Math.min(point.at, limit);
    limit = at - LINE_PX;
    return { ...point, at };
  });
}

function boxOf({ name, x, y }: Anchor, { dx, dy }: { dx: number; dy: number }): Box {
  const width = name.length * LETTER_PX;
  const left = dx > 0 ? x + dx : x + dx - width;
  return { left, right: left + width, top: y + dy - LINE_PX / 2, bottom: y + dy + LINE_PX / 2 };
}

function around(x: number, y: number, halfWidth: number, halfHeight: number): Box {
  return { left: x - halfWidth, right: x + halfWidth, top: y - halfHeight, bottom: y + halfHeight };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
