import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { afterEach, expect, test } from 'vitest';
import { makeResolve } from '../../../lib/adapters/http/resolve.ts';

/**
 * Goal: names are found, and a zone that never answers keeps nothing of this process. Method: a DNS server of our own.
 */
const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

const A = 1;
const AAAA = 28;
const NAME_ERROR = 3;

/** Answers a question with this record, or this error; null: not at all. */
type Zone = (name: string, type: number) => { readonly data?: readonly number[]; readonly error?: number } | null;

async function startDns(zone: Zone): Promise<string> {
  const socket = createSocket('udp4');
  open.push(socket);
  socket.on('message', (question, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString('ascii', at + 1, at + 1 + length));
      at += length + 1;
    }
    const type = question.readUInt16BE(at + 1);
    const reply = zone(labels.join('.').toLowerCase(), type);
    if (reply === null) return;
    const { data, error = 0 } = reply;
    const head = Buffer.from([0x81, 0x80 | error, 0, 1, 0, data === undefined ? 0 : 1, 0, 0, 0, 0]);
    const record = data === undefined ? [] : [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length, ...data];
    const asked = question.subarray(12, at + 5);
    socket.send(Buffer.concat([question.subarray(0, 2), head, asked, Buffer.from(record)]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return `127.0.0.1:${socket.address().port}`;
}

const V6 = [0x26, 6, 0x47, 0, 0x47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x11];

test('a name has its addresses of both kinds, IPv4 first', async () => {
  const resolve = makeResolve([await startDns((_, type) => ({ data: type === A ? [93, 184, 215, 14] : V6 }))]);
  expect(await resolve('hooks.example.com')).toEqual([
    { address: '93.184.215.14', family: 4 },
    { address: '2606:4700:4700::1111', family: 6 },
  ]);
});

test('a name may have addresses of one kind alone', async () => {
  const resolve = makeResolve([await startDns((_, type) => (type === AAAA ? { data: V6 } : {}))]);
  expect(await resolve('six.example.com')).toEqual([{ address: '2606:4700:4700::1111', family: 6 }]);
});

test.each([
  [{ error: NAME_ERROR }, 'ENOTFOUND'],
  [{}, 'ENODATA'],
])('a name without an address (%j) is none: %s', async (reply, code) => {
  await expect(makeResolve([await startDns(() => reply)])('none.example.com')).rejects.toMatchObject({ code });
});

test.each(['localhost', 'LOCALHOST', 'a.localhost'])('%s is this machine, whatever DNS says', async (name) => {
  const resolve = makeResolve([await startDns(() => ({ data: [8, 8, 8, 8] }))]);
  expect((await resolve(name)).map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
});

test('zones that never answer keep nobody from looking up, and end as time-outs', async () => {
  const server = await startDns((name, type) =>
    name.startsWith('hangs') ? null : { data: type === A ? [93, 184, 215, 14] : V6 },
  );
  const resolve = makeResolve([server]);
  let open = 0;
  const hanging = Array.from({ length: 20 }, async (_, index) => {
    open += 1;
    await expect(resolve(`hangs${index}.example.com`)).rejects.toMatchObject({ code: 'ETIMEOUT' });
    open -= 1;
  });
  expect(await resolve('well.example.com')).toContainEqual({ address: '93.184.215.14', family: 4 });
  // The system's own look-ups go through the threads that all of the process shares.
  await lookup('127.0.0.1');
  expect(open).toBe(20);
  await Promise.all(hanging);
}, 30_000);
