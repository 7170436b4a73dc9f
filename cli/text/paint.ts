/** Colours, or none. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

function sgr(isOn: boolean, on: number, off: number): (text: string) => string {
  return (text) => (isOn && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text);
}

export function makePaint(isOn: boolean): Paint {
  return {
    bold: sgr(isOn, 1, 22),
    dim: sgr(isOn, 2, 22),
    red: sgr(isOn, 31, 39),
    green: sgr(isOn, 32, 39),
    yellow: sgr(isOn, 33, 39),
    cyan: sgr(isOn, 36, 39),
  };
}

/** Colours only in a terminal that has them, and never with NO_COLOR. https://no-color.org */
export function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
}

export function phasePaint(paint: Paint, phase: string): (text: string) => string {
  if (phase === 'succeeded') return paint.green;
  if (phase === 'running') return paint.cyan;
  if (phase === 'rolling_back' || phase === 'stopped' || phase === 'canceled') return paint.yellow;
  return phase === 'pending' ? paint.dim : paint.red;
}
