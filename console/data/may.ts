import { session } from './session.ts';
import { useStore } from './store.ts';

/** Whether the token may do it. What is not known yet is not offered. */
export function useMay(scope: 'read' | 'jobs:write' | 'subscriptions:write'): boolean {
  return useStore(session).scopes?.has(scope) ?? false;
}
