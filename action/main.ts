import { appendFileSync } from 'node:fs';
import { makeProcessWorld } from '../cli/process.ts';
import { runStep } from './step.ts';

const { world, exitCodeOf } = makeProcessWorld();
const { GITHUB_OUTPUT: file } = world.env;
void runStep(world, (name, value) => {
  if (file !== undefined && file !== '') appendFileSync(file, `${name}=${value}\n`);
}).then((exitCode) => {
  process.exitCode = exitCodeOf(exitCode);
});
