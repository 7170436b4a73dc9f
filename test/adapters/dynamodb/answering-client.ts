/** An SDK client whose answers are written by the test: partial failures, unprocessed keys, throttling. */
export function aClient<Client extends object>(answer: (command: object, call: number) => unknown) {
  const commands: object[] = [];
  const send = async (command: object): Promise<unknown> => {
    commands.push(command);
    return answer(command, commands.length);
  };
  return { client: { send } as unknown as Client, commands };
}

export class Throttling extends Error {
  override readonly name = 'ThrottlingException';
}

export async function fates(results: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(results);
  return settled.map((one) => (one.status === 'fulfilled' ? String(one.value ?? 'done') : String(one.reason.message)));
}

export const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
