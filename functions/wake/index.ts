import middy from '@middy/core';
import { readEnvironment } from '../common/environment.ts';
import { watchRuntime } from '../common/watch-runtime.ts';
import { wakeEnvironment } from './environment.ts';
import { wakeFunction } from './wiring.ts';

const environment = readEnvironment('wake', wakeEnvironment, process.env);
const { clients, runtime } = watchRuntime(process.env);

/** Works on the messages that the pending queue hands over, a batch at a time. */
export const handler = middy(wakeFunction(environment, clients, runtime));
