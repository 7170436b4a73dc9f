/** One line per key that updates in a terminal; elsewhere a plain line for each change. */
export interface Progress {
  show(key: string, text: string): void;
  /** A line of its own, above the live ones. */
  say(text: string): void;
}

const ERASE_BELOW = '\u001b[J';

export function makeProgress(output: NodeJS.WriteStream): Progress {
  const lines = new Map<string, string>();
  let drawn = 0;

  function redraw(): void {
    const width = output.columns ?? 80;
    const up = drawn === 0 ? '' : `\u001b[${drawn}A`;
    const text = [...lines].map(([key, value]) => `${`${key}  ${value}`.slice(0, width - 1)}\n`).join('');
    output.write(`${up}${ERASE_BELOW}${text}`);
    drawn = lines.size;
  }

  return {
    show(key, text) {
      if (lines.get(key) === text) return;
      lines.set(key, text);
      if (output.isTTY) redraw();
      else output.write(`${key}  ${text}\n`);
    },
    say(text) {
      if (output.isTTY && drawn > 0) output.write(`\u001b[${drawn}A${ERASE_BELOW}`);
      drawn = 0;
      output.write(`${text}\n`);
      if (output.isTTY && lines.size > 0) redraw();
    },
  };
}

/** Columns as wide as their widest cell; the last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  return rows.map(line).join('\n');
}
