import type { Message } from './message.ts';

/**
 * The fullest text of a message that fits: lines are left out from the end, and a last one says so. Lines are bounded
 * each, so that a title alone always fits.
 */
export function fitted(message: Message, fits: (text: string) => boolean, write: (message: Message) => string): string {
  const whole = write(message);
  if (fits(whole)) return whole;
  for (let kept = message.lines.length - 1; kept > 0; kept -= 1) {
    const lines = [...message.lines.slice(0, kept), { name: '', text: message.more }];
    const text = write({ ...message, lines });
    if (fits(text)) return text;
  }
  return write({ ...message, lines: [] });
}
