/** Guards for values read from JSON that others wrote. */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `path` names the value in the error. */
export function fields(value: unknown, path: string): Fields {
  if (!isFields(value)) throw new Error(`${path}: expected an object`);
  return value;
}

export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new Error(`${path}: expected a text`);
  return value;
}

export function list(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${path}: expected a list`);
  return value;
}

/** CloudFormation takes one value where a list of one is meant. */
export function oneOrMore(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
