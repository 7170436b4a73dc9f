/** What `npm start` says to whoever has started it. */
export interface Introduced {
  /** Without a slash at the end. */
  readonly apiUrl: string;
  readonly token: string;
  readonly pendingQueue: string;
  readonly simulatorUrl: string;
  readonly receiverUrl: string;
  /** Takes events of any subscription. */
  readonly printUrl: string;
  readonly sqsUrl: string;
  /** The other engines, for people. */
  readonly engines: string;
  /** A job of the simulator. */
  readonly jobId: string;
  /** The Node that this runs on: the shell's may be too old for the command line. */
  readonly node: string;
  /** The command line as built. */
  readonly cliFile: string;
  /** A watch message to send. */
  readonly messageFile: string;
}

/** The facts, and the next steps as commands that can be pasted as they stand. */
export function introduction(facts: Introduced): string {
  const { apiUrl, token, pendingQueue, simulatorUrl, receiverUrl, engines, node, cliFile } = facts;
  return `jobwatch runs on this machine. A minute of its schedules takes 5 s. Ctrl-C ends it.

  console            ${apiUrl}/#token=${token}
  HTTP API           ${apiUrl}/v1
  pending queue      ${pendingQueue}
  vendor simulator   ${simulatorUrl}   it knows the jobs of events/; GET /_sim/state shows them
  webhook receiver   ${receiverUrl}   subscribed to jobwatch.*; what it verifies is printed here, --json prints it whole
  callbacks          of any token are closed: stand-ins for Step Functions and Lambda print what a workflow is told
  engines            ${engines}

In another terminal paste these two lines:

  alias jobwatch='"${node}" "${cliFile}"'
  export JOBWATCH_URL=${apiUrl} JOBWATCH_TOKEN=${token}

Then, for example:

  ${nextSteps(facts).join('\n  ')}
`;
}

/** Submit, look, receive; by the HTTP API and by the queue. */
export function nextSteps({ jobId, printUrl, pendingQueue, sqsUrl, messageFile }: Introduced): readonly string[] {
  const message = JSON.stringify({ api: 'alibaba.nlb', region: 'cn-hangzhou', jobId });
  return [
    `jobwatch submit --api alibaba.nlb --region cn-hangzhou --wait ${jobId}`,
    'jobwatch ls',
    'jobwatch watch',
    `jobwatch subs add ${printUrl} --type 'jobwatch.job.*'`,
    'jobwatch listen --forward-to http://localhost:3000/hook',
    '',
    `curl -s "$JOBWATCH_URL/v1/jobs" -H "authorization: Bearer $JOBWATCH_TOKEN" -d '${message}'`,
    `AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=eu-central-1 AWS_ENDPOINT_URL_SQS=${sqsUrl} \\`,
    `  jobwatch submit -f '${messageFile}' --queue-url ${pendingQueue}`,
  ];
}
