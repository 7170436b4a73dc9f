import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  checkAlarms,
  checkHealth,
  checkLogs,
  checkMetrics,
  checkRejection,
  type Finding,
  makeSmokeClients,
  type Smoke,
  type SmokeClients,
} from './smoke-checks.ts';
import { checkedStage, describeStack, stackName } from './stack.ts';

const USAGE = `npm run smoke -- --stage STAGE

Looks whether a stage that was just deployed works in AWS: its stack, its health, a bad message that has to be rejected,
its logs, metrics and alarms. Takes two to six minutes. Needs the rights to read them, and to send to the pending queue
(a role of deployerArns); it leaves nothing behind.

Region, credentials and endpoints are those of the AWS SDK (AWS_REGION, AWS_PROFILE).`;

const CHECKS: readonly (readonly [string, (smoke: Smoke) => Promise<readonly Finding[]>])[] = [
  ['health', checkHealth],
  ['rejection', checkRejection],
  ['logs', checkLogs],
  ['metrics', checkMetrics],
  ['alarms', checkAlarms],
];

/** The exit status: 0 if nothing is bad. A check that can't be made is bad, and the others are made all the same. */
export async function smoke(
  args: readonly string[],
  clients: SmokeClients,
  say: (line: string) => void,
): Promise<number> {
  const options = { stage: { type: 'string' }, help: { type: 'boolean', default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const stage = checkedStage(values.stage);
  const stack = await describeStack(clients.cloudformation, stage);
  if (stack === null) throw new Error(`There is no stack ${stackName(stage)} in this region.`);
  const isDone = /^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(stack.status);
  say(`${isDone ? 'good  ' : 'bad   '}  stack: ${stack.name} is ${stack.status}`);
  let failures = isDone ? 0 : 1;
  for (const [name, check] of CHECKS) {
    for (const { verdict, text } of await findingsOf(() => check({ clients, stage, stack }))) {
      say(`${verdict.padEnd(6)}  ${name}: ${text}`);
      if (verdict === 'bad') failures += 1;
    }
  }
  say(failures === 0 ? 'Everything that could be checked is good.' : `${failures} findings are bad.`);
  return failures === 0 ? 0 : 1;
}

async function findingsOf(check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (error) {
    const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [{ verdict: 'bad', text: `could not be looked at: ${words}` }];
  }
}

const TURN_MS = 5000;

if (import.meta.main) {
  try {
    const clients = makeSmokeClients(() => sleep(TURN_MS));
    process.exitCode = await smoke(process.argv.slice(2), clients, console.log);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
