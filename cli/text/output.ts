import { makePaint, type Paint, wantsColour } from './paint.ts';
import { cut, safe, safeJson, safeLine, widthOf, withoutSecrets } from './terminal.ts';

/** What is used of `process.stdout` and `process.stderr`. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Where a command writes. Results go to standard output, all else to standard error. */
export interface Output {
  readonly isTerminal: boolean;
  /** Columns of the terminal; Infinity where there is none, so that pipes get whole lines. */
  width(): number;
  readonly paint: Paint;
  line(text?: string): void;
  /** One document. */
  json(value: unknown): void;
  /** One line of a stream of documents. */
  jsonLine(value: unknown): void;
  note(text: string): void;
  /** A note for whoever sits there: in a terminal alone, and not into a live drawing. */
  aside(text: string): void;
  /** Replaces what `live` drew last. Lines are cut to the terminal, and what doesn't fit its height is left out. */
  live(lines: readonly string[]): void;
  /** Leaves the last drawing standing and gives the cursor back. Safe to call twice. */
  endLive(): void;
}

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[0J';

export function makeOutput(stdout: Sink, stderr: Sink, env: Readonly<Record<string, string | undefined>>): Output {
  const isTerminal = stdout.isTTY === true;
  let drawn = 0;
  let isLive = false;
  const hasColours = wantsColour(isTerminal, env);
  // GitHub's runner obeys it anywhere in a line of a log.
  const unmarked = (text: string) => (env['GITHUB_ACTIONS'] === 'true' ? text.replaceAll('##[', '## [') : text);
  const shown = (line: string) => unmarked(safeLine(line, hasColours));
  const width = () => (isTerminal ? stdout.columns || DEFAULT_COLUMNS : Infinity);
  return {
    isTerminal,
    width,
    paint: makePaint(hasColours),
    line: (text = '') => void stdout.write(`${shown(text)}\n`),
    json: (value) => void stdout.write(`${safeJson(JSON.stringify(value, null, 2))}\n`),
    jsonLine: (value) => void stdout.write(`${safeJson(JSON.stringify(value))}\n`),
    note: (text) => void stderr.write(`${shown(text)}\n`),
    aside: (text) => {
      if (stderr.isTTY === true && !isLive) stderr.write(`${shown(safe(withoutSecrets(text)))}\n`);
    },
    live(lines) {
      const room = (stdout.rows || DEFAULT_ROWS) - 1;
      const drawing = lines.slice(0, room).map((line) => shown(fitted(line, width())));
      const up = drawn > 0 ? `\u001b[${drawn}A\r` : '';
      stdout.write(`${isLive ? '' : HIDE}${up}${CLEAR_BELOW}${drawing.map((line) => `${line}\n`).join('')}`);
      drawn = drawing.length;
      isLive = true;
    },
    endLive() {
      if (isLive) stdout.write(SHOW);
      isLive = false;
      drawn = 0;
    },
  };
}

/**
 * A line with colours can't be cut in the middle of one: only plain lines are, and views make theirs fit beforehand.
 */
function fitted(line: string, width: number): string {
  return widthOf(line) <= width || line.includes('\u001b') ? line : cut(line, width);
}
