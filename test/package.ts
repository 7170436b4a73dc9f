import { join } from 'node:path';
import { packageStack } from '../scripts/package.ts';

/** Before any test: the tests of the whole system run what is packaged, and that is what the sources say now. */
export async function setup(): Promise<void> {
  await packageStack(join(import.meta.dirname, '..'));
}
