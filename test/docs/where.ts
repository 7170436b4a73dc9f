/**
 * The one place that says which documented commands the test does not run, and why. What fits no row is run against the
 * packaged system on this machine.
 */
const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^(?:[A-Z_]+=\S+ )*aws /, 'needs AWS'],
  [/^\.\/deploy\.sh|^npx serverless /, 'needs AWS'],
  [/npm run (?:--silent )?(?:smoke|restore|remove-tables)/, 'needs AWS'],
  [/jobwatch redrive /, 'needs AWS: it finds queues by the names of CloudFormation'],
  [/--queue-url/, 'needs AWS'],
  [/=\$\((?:aliyun|hcloud|tccli|doctl) /, 'needs an account of the vendor'],
  [/^jobwatch import /, 'needs a second jobwatch: test/cli/move.test.ts'],
  [/ --data |^jobwatch-serve /, 'keeps a folder on the machine: test/integration/serve.slow.test.ts'],
  [/^npm start/, 'the test starts that system itself'],
  [/^git clone/, 'the test stands there already'],
  [/^npm (?:ci|test|install|link)|^npm run |^npx (?:vitest|knip|tsc)|npx vitest/, 'has a test of its own, or is one'],
  [/jobwatch(?:\.mjs)? (?:listen|watch)\b/, 'goes on until Ctrl-C: test/cli/system.test.ts'],
  [/jobwatch(?:\.mjs)? completion zsh|jobwatch completion fish/, 'test/cli/process.test.ts'],
  [/ evt_\w*…/, 'names an event that was: test/cli/system.test.ts'],
  [/_sim\//, 'test/local/simulator/control.test.ts'],
];

/** Why a command is not run; null: it is. */
export function runs(command: string): string | null {
  return NOT_RUN.find(([pattern]) => pattern.test(command))?.[1] ?? null;
}

/** Each row that nothing fits any more. */
export function unusedRows(commands: readonly string[]): readonly string[] {
  return NOT_RUN.filter(([pattern]) => !commands.some((command) => pattern.test(command))).map(([pattern]) =>
    String(pattern),
  );
}

/** What stays up while the next commands run, as in a second terminal. */
export const IN_BACKGROUND = /receiver\.mjs|receiver\.py|go run \./;

export interface Scene {
  readonly apiUrl: string;
  /** Takes whatever comes. */
  readonly hookUrl: string;
  readonly subscription: string;
  readonly port: number;
  readonly stage: string;
  readonly token: string;
}

/** Placeholders as values of the kind that they stand for. */
export function filled(command: string, scene: Scene): string {
  const { apiUrl, hookUrl, subscription, port, stage, token } = scene;
  return (
    command
      .replace(/https:\/\/[^\s'"/]*execute-api[^\s'"/]*/g, apiUrl)
      .replace(/https:\/\/hooks\.example\.com[^\s'"]*/g, hookUrl)
      .replace(
        /https:\/\/(?:oapi\.dingtalk\.com|open\.feishu\.cn|qyapi\.weixin\.qq\.com|hooks\.slack\.com)[^\s'"]*…/g,
        (url) => url.replace('…', 'a'.repeat(32)),
      )
      .replace(/(--robot-secret \S+)…/g, `$1${'a'.repeat(32)}`)
      .replace(/\bsub_\w*…|\bSUB\b/g, subscription)
      .replace(/7b77…/g, '7b7705dce1e847b08b3b16dda67fec24')
      .replace(/("jobId": ?")…"/g, '$1some-job"')
      .replace(/--stage \w+/g, `--stage ${stage}`)
      // A token works within a minute, and here in a stage of its own.
      .replace(
        /^export JOBWATCH_TOKEN=\$\((jobwatch token create .*)\)$/,
        `$1 > made && grep -q '^jw_' made && export JOBWATCH_TOKEN=${token}`,
      )
      .replace(/\$\(cat token\)/g, token)
      .replace(/\$API\b/g, '$JOBWATCH_URL')
      .replace(/\$TOKEN\b/g, '$JOBWATCH_TOKEN')
      .replace(/127\.0\.0\.1:8080/g, `127.0.0.1:${port}`)
      .replace(/PORT=8080/g, `PORT=${port}`)
  );
}
