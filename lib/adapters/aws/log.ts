import { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '../../base/log.ts';

/** One JSON line per call on standard output, the form that CloudWatch Logs Insights reads. */
export function makeLog(service: string): Log {
  const logger = new Logger({ serviceName: service });
  return {
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}
