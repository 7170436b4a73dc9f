/**
 * Where the one line per unit of work goes. `message` is a static name such as `api.request`; fields carry units in
 * their names, never bodies or secrets.
 */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
