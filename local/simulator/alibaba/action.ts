import type { Reply } from '../reply.ts';
import type { Visit, World } from '../world.ts';
import type { AlibabaKey } from './credential.ts';

/** What an action is given: the caller is known and allowed. */
export interface ActionInput {
  readonly world: World;
  readonly visit: Visit;
  readonly key: AlibabaKey;
  readonly params: readonly (readonly [string, string])[];
}

export type Actions = Readonly<Record<string, (input: ActionInput) => Reply>>;
