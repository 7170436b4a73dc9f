import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { placeBeside, stack } from './labels.ts';
import type { KindFigures, Level } from './measure.ts';

/** The files that docs/cadence.md shows. */
const IMAGES = join(import.meta.dirname, '../../docs/images');
const WIDTH = 820;
const HEIGHT = 470;
const MARGIN = { left: 60, right: 190, top: 30, bottom: 45 };
const INK = '#1f2328';
const GREY = '#6e7781';

interface Curve {
  readonly name: string;
  readonly color: string;
  readonly width: number;
  readonly dash: string;
  readonly points: readonly { readonly calls: number; readonly delay: number }[];
}

/** Mean delay against calls per job, both axes logarithmic. Answers the image's path in the repository. */
export function drawDelay(figures: KindFigures): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const range = rangeOf(figures);
  const curves = curvesOf(figures).map((curve) => ({ ...curve, points: curve.points.filter(within(range)) }));
  const svg = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    style: { color: INK, fontSize: '13px', fontFamily: 'system-ui, sans-serif' },
    x: { type: 'log', domain: [...range.calls], label: 'vendor calls per job' },
    y: { type: 'log', domain: [...range.delay], label: 'mean delay (s)' },
    marks: [
      Plot.gridX(ticksOf(range.calls)),
      Plot.gridY(ticksOf(range.delay)),
      Plot.axisX(ticksOf(range.calls), { text: String, labelAnchor: 'center' }),
      Plot.axisY(ticksOf(range.delay), { text: String }),
      ...curves.map(({ points, color, width, dash }) =>
        Plot.line(points, { x: 'calls', y: 'delay', stroke: color, strokeWidth: width, strokeDasharray: dash }),
      ),
      ...curveLabels(curves, range),
      ...peerMarks(figures, range),
    ],
  });
  const about = `${figures.kind.name}: mean delay against vendor calls per job`;
  // The style of Plot is for pages: an image needs none of it, and a background of its own.
  svg.querySelector('style')?.remove();
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', about);
  svg.insertAdjacentHTML(
    'afterbegin',
    `<title>${about}</title><rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
  );
  const file = `delay-${figures.kind.name.toLowerCase()}.svg`;
  mkdirSync(IMAGES, { recursive: true });
  writeFileSync(join(IMAGES, file), `${svg.outerHTML}\n`);
  return `docs/images/${file}`;
}

function ticksOf([from, to]: readonly [number, number]): number[] {
  const all = [0.01, 0.1, 1, 10, 100, 1000].flatMap((ten) => [ten, ten * 2, ten * 5]);
  return all.filter((value) => value >= from && value <= to);
}

function curvesOf(figures: KindFigures): Curve[] {
  const learned = (level: Partial<Level>) =>
    figures.jobwatch.find((one) => one.level.jobs === level.jobs && one.level.evidence === 'polled')?.sweep ?? [];
  const asPoints = (sweep: readonly { calls: number; delaySeconds: number }[]) =>
    sweep.map(({ calls, delaySeconds }) => ({ calls, delay: delaySeconds })).sort((a, b) => a.calls - b.calls);
  const many = Array.from({ length: 80 }, (_, index) => 1.02 * 1.07 ** index);
  const optimum = many.map((calls) => ({ calls, delay: figures.optimal(calls) ?? Number.NaN }));
  const fixed = many.map((calls) => ({ calls, delay: figures.fixed(calls)?.delaySeconds ?? Number.NaN }));
  return [
    { name: 'best fixed interval', color: GREY, width: 1.5, dash: '2,3', points: fixed },
    { name: 'optimum', color: INK, width: 1.5, dash: '6,4', points: optimum.filter(({ delay }) => delay > 0) },
    { name: 'jobwatch, nothing known', color: '#9ec5e8', width: 2.5, dash: '', points: asPoints(learned({ jobs: 0 })) },
    { name: 'jobwatch, 20 observed', color: '#4a94d4', width: 2.5, dash: '', points: asPoints(learned({ jobs: 20 })) },
    { name: 'jobwatch, 200 observed', color: '#0b4f8a', width: 3, dash: '', points: asPoints(learned({ jobs: 200 })) },
  ];
}

/** Names in the right margin, each joined to the end of its curve. */
function curveLabels(curves: readonly Curve[], range: Range) {
  const ends = curves.flatMap(({ name, color, points }) => {
    const end = points.at(-1);
    return end === undefined ? [] : [{ name, color, ...pixelsOf(end, range) }];
  });
  const colorOf = new Map(ends.map(({ name, color }) => [name, color]));
  const right = WIDTH - MARGIN.right;
  return stack(ends, HEIGHT - MARGIN.bottom).flatMap(({ name, x, y, at }) => {
    const color = colorOf.get(name) ?? INK;
    const from = dataOf({ x: x + 2, y }, range);
    const to = dataOf({ x: right + 12, y: at }, range);
    const joint = { x1: from.calls, y1: from.delay, x2: to.calls, y2: to.delay };
    return [
      Plot.link([joint], { x1: 'x1', y1: 'y1', x2: 'x2', y2: 'y2', stroke: color, strokeOpacity: 0.5 }),
      Plot.text([to], { x: 'calls', y: 'delay', text: () => name, fill: color, textAnchor: 'start', dx: 4 }),
    ];
  });
}

function peerMarks({ peers }: KindFigures, range: Range) {
  const points = peers.map(({ peer, score }) => ({ name: peer.short, calls: score.calls, delay: score.delaySeconds }));
  const placed = placeBeside(points.map((point) => ({ name: point.name, ...pixelsOf(point, range) })));
  return [
    Plot.dot(points, { x: 'calls', y: 'delay', r: 4.5, fill: '#cf4a1c', stroke: 'white' }),
    ...placed.map(({ name, dx, dy, textAnchor, ...at }) =>
      Plot.text([dataOf(at, range)], {
        x: 'calls',
        y: 'delay',
        text: () => name,
        fill: '#a33a16',
        stroke: 'white',
        strokeWidth: 4,
        textAnchor,
        dx,
        dy,
      }),
    ),
  ];
}

function pixelsOf({ calls, delay }: { calls: number; delay: number }, range: Range): { x: number; y: number } {
  const across = Math.log(calls / range.calls[0]) / Math.log(range.calls[1] / range.calls[0]);
  const up = Math.log(delay / range.delay[0]) / Math.log(range.delay[1] / range.delay[0]);
  const { left, right, top, bottom } = MARGIN;
  return { x: left + across * (WIDTH - left - right), y: HEIGHT - bottom - up * (HEIGHT - top - bottom) };
}

function dataOf({ x, y }: { x: number; y: number }, range: Range): { calls: number; delay: number } {
  const { left, right, top, bottom } = MARGIN;
  const across = (x - left) / (WIDTH - left - right);
  const up = (HEIGHT - bottom - y) / (HEIGHT - top - bottom);
  const at = ([from, to]: readonly [number, number], share: number) => from * (to / from) ** share;
  return { calls: at(range.calls, across), delay: at(range.delay, up) };
}

interface Range {
  readonly calls: readonly [number, number];
  readonly delay: readonly [number, number];
}

/** What the peers span, with room for their labels and for the curves below them. */
function rangeOf({ peers }: KindFigures): Range {
  const calls = peers.map(({ score }) => score.calls);
  const delays = peers.map(({ score }) => score.delaySeconds);
  return { calls: [1, Math.max(...calls) * 1.8], delay: [Math.min(...delays) / 5, Math.max(...delays) * 1.3] };
}

function within({ calls, delay }: Range) {
  return (point: { calls: number; delay: number }) =>
    point.calls >= calls[0] && point.calls <= calls[1] && point.delay >= delay[0] && point.delay <= delay[1];
}
