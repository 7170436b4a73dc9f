import type { SignedCall } from './signed-call.ts';

/**
 * Puts an event on a function's own queue: Lambda's asynchronous Invoke. Null if it was taken, else why not.
 * An event that may have been taken is not sent again. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function makeInvoke(call: SignedCall, functionName: string): (event: unknown) => Promise<string | null> {
  return async (event) => {
    const { error } = await call({
      service: 'lambda',
      path: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
      headers: { 'content-type': 'application/json', 'x-amz-invocation-type': 'Event' },
      body: JSON.stringify(event),
      repeatable: false,
    });
    return error;
  };
}
