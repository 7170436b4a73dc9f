import { InvalidArgumentError } from 'commander';
import { EVENT_MEANINGS, EVENT_TYPES } from '../../lib/events/types.ts';

const WIDEST = Math.max(...EVENT_TYPES.map(({ length }) => length));
const ROWS = EVENT_TYPES.map((type) => `  ${type.padEnd(WIDEST)}  ${EVENT_MEANINGS[type]}`);

/** For the end of a help text. */
export const TYPES_HELP = `\nTypes of events:\n${ROWS.join('\n')}`;

const WORD_OF_TYPE = /[a-z_]+$/;

/** A newer jobwatch may have more types: what begins like one is its to judge. What can't be one is told at once. */
export function eventType(text: string): string {
  const isKnown = EVENT_TYPES.some((type) => type === text);
  if (isKnown || /^jobwatch\.([a-z_]+\.)*(\*|[a-z_]+)$/.test(text)) return text;
  const word = WORD_OF_TYPE.exec(text)?.[0] ?? '';
  const near = EVENT_TYPES.find((type) => type.endsWith(`.${word}`));
  throw new InvalidArgumentError(
    near === undefined ? `Choose from ${EVENT_TYPES.join(', ')}.` : `Did you mean ${near}?`,
  );
}
