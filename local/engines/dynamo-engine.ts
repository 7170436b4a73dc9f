import type { Engine } from './sqs.ts';

export type DynamoKind = 'external' | 'dynoxide' | 'dynalite';

export interface DynamoEngine extends Engine {
  /** `dynalite` has no transactions and returns no item with a failed condition. */
  readonly kind: DynamoKind;
  /** The engine's process, if it has one: another one after it has died. */
  readonly pid: number | null;
}

export interface DynamoOptions {
  readonly dataDir?: string;
  /** Read for AWS_ENDPOINT_URL_DYNAMODB and PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes this engine and no other. */
  readonly kind?: DynamoKind;
  /** See `SystemOptions.onEngineDied`. */
  readonly onDied?: (starts: number) => void;
}
