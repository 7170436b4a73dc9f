import { makeProcessWorld } from './process.ts';
import { runCli } from './run.ts';

const { world, exitCodeOf } = makeProcessWorld();
void runCli(process.argv.slice(2), world).then((exitCode) => {
  process.exitCode = exitCodeOf(exitCode);
});
