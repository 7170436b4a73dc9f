/** What a log says of something that was thrown; `unknown` if it is no error. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

/** The same with the error's message, where that holds nothing secret. */
export function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
}

/** The system's own word for what went wrong (`ECONNREFUSED`), null if it has none. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
