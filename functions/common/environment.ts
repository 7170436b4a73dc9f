import * as v from 'valibot';
import { CALLBACK_KINDS } from '../../lib/job/callbacks.ts';

/**
 * What the environments of the functions are made of, and how each is read; the schemas lie beside the functions. What
 * a schema's metadata says, in CloudFormation's words, is what the parameter of a release takes.
 */

/** Whole numbers in the environment, within bounds that the message of an error names. */
export function whole(min: number, max: number, fallback: number) {
  return v.pipe(
    v.optional(v.string(), String(fallback)),
    v.check(
      (text) => /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max,
      `expected a whole number from ${min} to ${max}`,
    ),
    v.transform(Number),
    v.metadata({ Type: 'Number', MinValue: min, MaxValue: max }),
  );
}

/** Numbers with up to three decimals, within bounds that the message of an error names. */
export function decimal(min: number, max: number, fallback: number) {
  return v.pipe(
    v.optional(v.string(), String(fallback)),
    v.check(
      (text) => /^\d{1,6}(\.\d{1,3})?$/.test(text) && Number(text) >= min && Number(text) <= max,
      `expected a number from ${min} to ${max}`,
    ),
    v.transform(Number),
    v.metadata({ Type: 'Number', MinValue: min, MaxValue: max }),
  );
}

export const name = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_.-]{1,255}$/, 'expected a name of letters, digits, "_", "." and "-"'),
);
export const queueUrl = v.pipe(v.string(), v.url('expected the URL of an SQS queue'));
export const stage = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9-]{1,20}$/, 'expected 1 to 20 lower-case letters, digits or "-"'),
);
export const cidrs = v.pipe(
  v.optional(v.string(), ''),
  v.transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
  v.check(
    (parts) => parts.every((part) => /^[0-9a-fA-F:.]+\/\d{1,3}$/.test(part)),
    'expected address ranges such as 10.0.0.0/8, joined by commas',
  ),
  v.metadata({ Type: 'String', AllowedPattern: '^(| *[0-9a-fA-F:.]+/[0-9]{1,3} *(, *[0-9a-fA-F:.]+/[0-9]{1,3} *)*)$' }),
);
/** Kinds of callbacks that the stack has a right to close. */
export const callbackKinds = v.pipe(
  v.optional(v.string(), ''),
  v.transform((text) => text.split(',').filter((part) => part !== '')),
  v.array(v.picklist(CALLBACK_KINDS, `expected some of ${CALLBACK_KINDS.join(', ')}, joined by commas`)),
  v.transform((kinds) => new Set(kinds)),
);
/** The event bus of `kind: eventbridge` subscriptions; null: there is none. */
export const eventBusArn = v.pipe(
  v.optional(v.string(), 'none'),
  v.regex(
    /^(none|arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[\w./-]{1,256})$/,
    'expected the ARN of an event bus',
  ),
  v.transform((arn) => (arn === 'none' ? null : arn)),
);
/** Where people find the console; without a slash at its end from here on. */
export const consoleUrl = v.pipe(
  v.optional(v.string(), ''),
  v.check(
    (text) => text === '' || /^https?:\/\/[A-Za-z0-9.:[\]-]{1,255}(\/[A-Za-z0-9._~/-]{0,255})?$/.test(text),
    'expected the URL of the console, without a query, such as https://jobwatch.example.com',
  ),
  v.transform((text) => text.replace(/\/+$/, '')),
  v.metadata({
    Type: 'String',
    // A "[" within a class begins another in Java, and an empty class matches nothing in JavaScript.
    AllowedPattern: '^(|https?://([A-Za-z0-9.:-]|\\[|\\]){1,255}(/[A-Za-z0-9._~/-]{0,255})?)$',
  }),
);
export const webhookTimeoutMs = whole(100, 30_000, 15_000);

/** Reads a function's whole environment. Throws one error that names every variable that is wrong or missing. */
export function readEnvironment<Schema extends v.GenericSchema>(
  functionName: string,
  schema: Schema,
  variables: Readonly<Record<string, string | undefined>>,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, variables);
  if (result.success) return result.output;
  const problems = result.issues.map(
    (issue) => `${v.getDotPath(issue) ?? 'environment'}: ${issue.received === 'undefined' ? 'missing' : issue.message}`,
  );
  throw new ConfigError(
    `The function "${functionName}" can't start, its environment is wrong. ${problems.join('; ')}.`,
  );
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
