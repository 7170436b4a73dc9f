import type { Log } from '../base/log.ts';
import type { Metrics } from './names.ts';

/** Lines that tell a fault are counted. */
export function measureLog(log: Log, metrics: Metrics): Log {
  return {
    ...log,
    error(message, fields) {
      if (message.endsWith('.fault')) metrics.add('Faults', 1);
      log.error(message, fields);
    },
  };
}
