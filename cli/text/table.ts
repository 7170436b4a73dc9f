import type { Output } from './output.ts';
import { cut, padEnd, safe, widthOf } from './terminal.ts';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly paint?: (text: string, row: Row) => string;
  /** May be cut down to so many columns where the terminal is narrow. Default: never cut. */
  readonly min?: number;
  /** Cut only when no column can be left out any more, the smallest first: a cut id can't be copied. Default 0: cut at once. */
  readonly cutLast?: number;
  /** Left out where the terminal is too narrow, the largest first. Default 0: stays. */
  readonly drop?: number;
}

const GAP = '  ';

/** Lines of a table, cut to the width: long cells first, then whole columns, ids last. The first line is the head. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width, paint }: { readonly width: number; readonly paint: Output['paint'] },
): readonly string[] {
  const cells = rows.map((row) => columns.map((column) => safe(column.cell(row))));
  const natural = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...cells.map((line) => widthOf(line[index] ?? ''))),
  );
  const { kept, widths } = layout(columns, natural, width);
  const head = kept.map((index) => padEnd(cut(columns[index]?.title ?? '', widths[index] ?? 0), widths[index] ?? 0));
  const body = cells.map((line, place) =>
    kept.map((index) => {
      const text = padEnd(cut(line[index] ?? '', widths[index] ?? 0), widths[index] ?? 0);
      const row = rows[place];
      const tint = columns[index]?.paint;
      return tint === undefined || row === undefined ? text : tint(text, row);
    }),
  );
  return [paint.dim(head.join(GAP).trimEnd()), ...body.map((line) => line.join(GAP).trimEnd())];
}

/** Which columns stay, and how wide each is. */
function layout<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  width: number,
): { kept: readonly number[]; widths: readonly number[] } {
  let kept = columns.map((_, index) => index);
  for (;;) {
    const widths = shrink(columns, natural, kept, { width, rank: 0 });
    if (total(widths, kept) <= width) return { kept, widths };
    const droppable = kept.filter((index) => (columns[index]?.drop ?? 0) > 0);
    const next = droppable.toSorted((a, b) => (columns[b]?.drop ?? 0) - (columns[a]?.drop ?? 0))[0];
    if (next === undefined) return { kept, widths: shrink(columns, natural, kept, { width, rank: Infinity }) };
    kept = kept.filter((index) => index !== next);
  }
}

/**
 * Takes from the widest cell that may be cut, one column at a time, until all fit or none up to the rank may be cut any
 * more. The lowest rank gives first.
 */
function shrink<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  kept: readonly number[],
  { width, rank }: { readonly width: number; readonly rank: number },
): readonly number[] {
  const widths = [...natural];
  const widthAt = (index: number) => widths[index] ?? 0;
  const rankAt = (index: number) => columns[index]?.cutLast ?? 0;
  while (total(widths, kept) > width) {
    const cuttable = kept.filter(
      (index) => widthAt(index) > (columns[index]?.min ?? Infinity) && rankAt(index) <= rank,
    );
    const [first] = cuttable.toSorted((a, b) => rankAt(a) - rankAt(b) || widthAt(b) - widthAt(a));
    if (first === undefined) return widths;
    widths[first] = widthAt(first) - 1;
  }
  return widths;
}

function total(widths: readonly number[], kept: readonly number[]): number {
  return kept.reduce((sum, index) => sum + (widths[index] ?? 0), 0) + GAP.length * Math.max(0, kept.length - 1);
}

export function printTable<Row>(out: Output, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  for (const line of tableLines(columns, rows, { width: out.width(), paint: out.paint })) out.line(line);
}
