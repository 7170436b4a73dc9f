/** What is wrong with a folder, in a sentence for the user. */
export class DataError extends Error {
  override readonly name = 'DataError';
}
