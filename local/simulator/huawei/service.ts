import type { RawRequest } from '../raw-request.ts';
import type { Visit, World } from '../world.ts';

/** What a service behind the gateway is given: the caller is known and allowed. */
export interface ServiceInput {
  readonly world: World;
  readonly visit: Visit;
  readonly projectId: string;
  /** Null for a list. */
  readonly jobId: string | null;
  readonly query: RawRequest['query'];
  readonly owner: string | undefined;
}
