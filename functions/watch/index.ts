import middy from '@middy/core';
import { readEnvironment } from '../common/environment.ts';
import { watchRuntime } from '../common/watch-runtime.ts';
import { watchEnvironment } from './environment.ts';
import { watchFunction } from './wiring.ts';

const environment = readEnvironment('watch', watchEnvironment, process.env);
const { clients, runtime } = watchRuntime(process.env);

export const handler = middy(watchFunction(environment, clients, runtime));
