/** Lines of JSON on standard output: the functions' own, and those of what runs them, in the same form. */
export interface ServeLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What a function printed. What is no JSON (a crash) is wrapped. */
  pass(functionName: string, line: string): void;
}

const LINE_MAX_CHARACTERS = 16_384;

export function makeServeLog(write: (text: string) => void, clock: () => number): ServeLog {
  const say = (level: string, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    const timestamp = new Date(clock()).toISOString();
    write(`${JSON.stringify({ level, message, timestamp, service: 'jobwatch', ...fields })}\n`);
  };
  return {
    info: (message, fields) => say('INFO', message, fields),
    error: (message, fields) => say('ERROR', message, fields),
    pass(functionName, line) {
      if (line.startsWith('{') && line.endsWith('}')) write(`${line}\n`);
      else if (line !== '')
        say('WARN', 'function.printed', { function: functionName, line: line.slice(0, LINE_MAX_CHARACTERS) });
    },
  };
}
