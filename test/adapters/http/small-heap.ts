import { makeSend } from '../../../lib/adapters/http/send.ts';

/**
 * A process of its own, whose heap a test bounds: makes so many calls at once and prints the length of each body.
 * Arguments: URL, calls, longest body.
 */
const [url = '', calls, maxBytes] = process.argv.slice(2);
const send = makeSend({ timeoutMs: 60_000, maxBytes: Number(maxBytes), truncate: true });
const request = { method: 'GET', url: new URL(url), headers: {} } as const;
const outcomes = await Promise.all(Array.from({ length: Number(calls) }, () => send(request)));
console.log(outcomes.map((outcome) => (outcome.kind === 'response' ? outcome.body.length : outcome.reason)).join(' '));
process.exit();
