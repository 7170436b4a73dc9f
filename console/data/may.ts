import { session } from './session.ts';
import { useStore } from './store.ts';

/** Whether the token may do it. What is not known yet is not offered. */
export function useMay(permission: 'read' | 'jobs:write' | 'subscriptions:write'): boolean {
  return useStore(session).permissions?.has(permission) ?? false;
}
