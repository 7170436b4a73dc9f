import { execFile } from 'node:child_process';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { makeSend, type SendOptions } from '../../../lib/adapters/http/send.ts';
import type { HttpRequest } from '../../../lib/base/http.ts';
import { cert, key } from './certificate.ts';

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    if (server instanceof http.Server || server instanceof https.Server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen<S extends Server>(server: S): Promise<S & { port: number }> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

/** A server that answers with these bytes, whatever is asked. */
const raw = (answer: (socket: Socket) => void) =>
  listen(
    createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => answer(socket));
    }),
  );

const sender = (options: Partial<SendOptions> = {}) => makeSend({ timeoutMs: 5000, maxBytes: 1000, ...options });
const get = (port: number, path = '/'): HttpRequest => ({
  method: 'GET',
  url: new URL(`http://127.0.0.1:${port}${path}`),
  headers: {},
});

describe('an answer', () => {
  test('is given whole: status, lower-case headers joined, body; the request arrives as it was made', async () => {
    const server = await listen(
      http.createServer((request, answer) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          answer.setHeader('X-Two', ['a', 'b']);
          answer.statusCode = 201;
          const { 'x-own': own, 'accept-encoding': encoding, 'content-length': length } = request.headers;
          answer.end(
            JSON.stringify({
              method: request.method,
              url: request.url,
              own,
              encoding,
              length,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        });
      }),
    );
    const url = new URL(`http://user:secret@127.0.0.1:${server.port}/p%20q?x=1&y=%2F`);
    const answer = await sender()({ method: 'POST', url, headers: { 'x-own': 'v' }, body: 'grüße' });
    expect(answer).toMatchObject({ kind: 'response', status: 201, headers: { 'x-two': 'a, b' } });
    expect(JSON.parse(answer.kind === 'response' ? answer.body : '')).toEqual({
      method: 'POST',
      url: '/p%20q?x=1&y=%2F',
      own: 'v',
      encoding: 'identity',
      length: '7',
      body: 'grüße',
    });
  });

  test('that redirects is not followed', async () => {
    let calls = 0;
    const server = await listen(
      http.createServer((_request, answer) => {
        calls += 1;
        answer.writeHead(302, { location: '/elsewhere' }).end();
      }),
    );
    expect(await sender()(get(server.port))).toMatchObject({
      kind: 'response',
      status: 302,
      headers: { location: '/elsewhere' },
    });
    expect(calls).toBe(1);
  });

  test('that is compressed all the same is not unpacked: a small body stays small', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000));
    const server = await listen(
      http.createServer((_request, answer) => answer.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)),
    );
    expect(await sender()(get(server.port))).toMatchObject({ kind: 'response', status: 200 });
  });

  test('may have no length: it ends with the connection', async () => {
    const server = await raw((socket) => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it'));
    expect(await sender()(get(server.port))).toMatchObject({ kind: 'response', status: 200, body: 'all of it' });
  });

  test.each([
    [1000, 'response'],
    [1001, 'failure'],
  ])('of %i bytes, where 1000 are allowed, is an %s', async (bytes, kind) => {
    const server = await listen(http.createServer((_request, answer) => answer.end('x'.repeat(bytes))));
    const result = await sender()(get(server.port));
    expect(result.kind).toBe(kind);
    if (result.kind === 'failure') expect(result.error).toBe('too_large');
  });

  test('without end is cut at the limit and counts as given if asked for; its connection is closed', async () => {
    const closed = Promise.withResolvers<void>();
    const server = await listen(
      http.createServer((request, answer) => {
        request.socket.on('close', () => closed.resolve());
        answer.writeHead(200);
        answer.write('x'.repeat(5000));
      }),
    );
    const result = await sender({ truncate: true })(get(server.port));
    expect(result).toMatchObject({ kind: 'response', status: 200, body: 'x'.repeat(1000) });
    await closed.promise;
  });
});

describe('a connection', () => {
  test('of chunks of one byte takes memory by bytes, not by chunks', async () => {
    const chunks = Buffer.from('1\r\na\r\n'.repeat(10_000));
    const server = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const fill = () => {
        while (!socket.destroyed && socket.write(chunks));
      };
      socket.on('drain', fill);
      fill();
    });
    const script = join(import.meta.dirname, 'small-heap.ts');
    const url = `http://127.0.0.1:${server.port}/`;
    // A Buffer of one byte is some 200 bytes of heap: kept one by one, three bodies of 300 kB are 180 MB.
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--max-old-space-size=48',
      script,
      url,
      '3',
      '300000',
    ]);
    expect(stdout).toBe('300000 300000 300000\n');
  });

  test('is kept for the next request', async () => {
    const server = await listen(http.createServer((_request, answer) => answer.end('ok')));
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    const send = sender();
    for (let calls = 0; calls < 3; calls += 1) await send(get(server.port));
    expect(connections).toBe(1);
  });

  test('is never one of more than maxSockets: further requests wait for theirs', async () => {
    let held: http.ServerResponse[] = [];
    const server = await listen(
      http.createServer((_request, answer) => {
        held.push(answer);
        if (held.length < 2) return;
        for (const each of held) each.end('ok');
        held = [];
      }),
    );
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    const send = sender({ maxSockets: 2 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(get(server.port))));
    expect(answers.every(({ kind }) => kind === 'response')).toBe(true);
    expect(connections).toBe(2);
  });

  test('that the server drops when it is used again is a reset, and the request is not sent twice', async () => {
    let requests = 0;
    const server = await listen(
      http.createServer((request, answer) => {
        requests += 1;
        if (requests === 1) answer.end('ok');
        else request.socket.destroy();
      }),
    );
    const send = sender();
    await send(get(server.port));
    expect(await send(get(server.port))).toMatchObject({ kind: 'failure', error: 'reset' });
    expect(requests).toBe(2);
  });
});

describe('a failure', () => {
  test.each<[string, (socket: Socket) => unknown]>([
    ['a body shorter than its length', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')],
    [
      'a chunked body without its end',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
    ],
    [
      'a connection dropped in the body',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => socket.resetAndDestroy()),
    ],
    ['a connection dropped before the answer', (socket) => socket.resetAndDestroy()],
    ['a connection closed before the answer', (socket) => socket.end()],
    ['an answer that is not HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
    [
      'an upgrade that nobody asked for',
      (socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    ],
  ])('%s is a reset', async (_name, answer) => {
    const server = await raw(answer);
    expect(await sender()(get(server.port))).toMatchObject({ kind: 'failure', error: 'reset' });
  });

  test('headers without end are too large', async () => {
    const server = await raw((socket) => socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`));
    expect(await sender()(get(server.port))).toMatchObject({
      kind: 'failure',
      error: 'too_large',
      code: 'HPE_HEADER_OVERFLOW',
    });
  });

  test('a closed port is a refused connection, named without the query', async () => {
    const { port } = await listen(createServer());
    await new Promise((resolve) => open.pop()?.close(resolve));
    const result = await sender()(get(port, '/hook?token=hidden'));
    expect(result).toMatchObject({ kind: 'failure', error: 'connect', code: 'ECONNREFUSED' });
    expect(JSON.stringify(result)).not.toContain('hidden');
  });

  test.each<[string, (socket: Socket) => unknown]>([
    ['says nothing', () => {}],
    ['stops within its headers', (socket) => socket.write('HTTP/1.1 200 OK\r\nX-')],
    ['drips its body', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nha')],
  ])('a server that %s is a time-out, and its connection is closed', async (_name, answer) => {
    const closed = Promise.withResolvers<void>();
    const server = await raw((socket) => {
      socket.on('close', () => closed.resolve());
      answer(socket);
    });
    expect(await sender({ timeoutMs: 40 })(get(server.port))).toMatchObject({ kind: 'failure', error: 'timeout' });
    await closed.promise;
  });

  test('a look-up without end is no connection: nothing was sent', async () => {
    const send = sender({ timeoutMs: 20, guard: () => new Promise(() => {}) });
    expect(await send(get(1))).toMatchObject({ kind: 'failure', error: 'connect', code: 'ETIMEDOUT' });
  });

  test('a request that waits in vain for one of the connections was not sent', async () => {
    let requests = 0;
    const server = await listen(
      http.createServer(() => {
        requests += 1;
      }),
    );
    const send = sender({ timeoutMs: 60, maxSockets: 1 });
    const results = await Promise.all([send(get(server.port)), send(get(server.port))]);
    expect(results).toMatchObject([{ error: 'timeout' }, { error: 'connect', code: 'ETIMEDOUT' }]);
    expect(requests).toBe(1);
  });

  test.each<[string, (socket: Socket) => unknown, string | null]>([
    ['does not answer', () => {}, 'ETIMEDOUT'],
    ['resets the connection', (socket) => socket.resetAndDestroy(), 'ECONNRESET'],
  ])('a TLS handshake that the server %s is no connection: the request was not sent', async (_name, answer, code) => {
    const { port } = await raw(answer);
    const url = new URL(`https://127.0.0.1:${port}/`);
    const result = await sender({ timeoutMs: 60 })({ method: 'GET', url, headers: {} });
    expect(result).toMatchObject({ kind: 'failure', error: 'connect', code });
  });

  test('a header that can not be sent is a failure, not an exception', async () => {
    const send = sender();
    const request = { ...get(1), headers: { 'x-bad': 'a\nb' } };
    expect(await send(request)).toMatchObject({ kind: 'failure', error: 'connect', code: 'ERR_INVALID_CHAR' });
  });

  test('another scheme is blocked', async () => {
    expect(await sender()({ ...get(1), url: new URL('ftp://127.0.0.1/') })).toMatchObject({
      kind: 'failure',
      error: 'blocked',
    });
  });
});

describe('the guard', () => {
  test('has the last word', async () => {
    const send = sender({ guard: async () => ({ kind: 'failure', error: 'blocked', code: null, reason: 'no' }) });
    expect(await send(get(1))).toEqual({ kind: 'failure', error: 'blocked', code: null, reason: 'no' });
  });

  test('gives the address that is connected to; the host stays the name', async () => {
    const server = await listen(http.createServer((request, answer) => answer.end(request.headers.host)));
    const send = sender({
      guard: async () => ({ kind: 'addresses', addresses: [{ address: '127.0.0.1', family: 4 }] }),
    });
    const url = new URL(`http://hooks.invalid:${server.port}/`);
    expect(await send({ method: 'GET', url, headers: {} })).toMatchObject({
      kind: 'response',
      body: `hooks.invalid:${server.port}`,
    });
  });
});

describe('TLS', () => {
  const guard: SendOptions['guard'] = async () => ({
    kind: 'addresses',
    addresses: [{ address: '127.0.0.1', family: 4 }],
  });
  const hello = () =>
    listen(
      https.createServer({ key, cert }, (request, answer) =>
        answer.end((request.socket as tls.TLSSocket).servername || 'none'),
      ),
    );

  test('a certificate that nobody vouches for is refused', async () => {
    const server = await hello();
    const url = new URL(`https://hooks.test:${server.port}/`);
    const result = await sender({ guard })({ method: 'GET', url, headers: {} });
    expect(result).toMatchObject({ kind: 'failure', error: 'tls', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  test('plain HTTP behind https is refused', async () => {
    const server = await listen(http.createServer((_request, answer) => answer.end('ok')));
    const url = new URL(`https://127.0.0.1:${server.port}/`);
    expect(await sender()({ method: 'GET', url, headers: {} })).toMatchObject({ kind: 'failure', error: 'tls' });
  });

  test('a kept connection that breaks under a request is a reset: it may have been received', async () => {
    let requests = 0;
    const server = await listen(
      https.createServer({ key, cert }, (request, answer) => {
        requests += 1;
        if (requests === 1) answer.end('ok');
        else request.socket.destroy();
      }),
    );
    const before = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...before, cert]);
    try {
      const send = sender({ guard });
      const request: HttpRequest = { method: 'GET', url: new URL(`https://hooks.test:${server.port}/`), headers: {} };
      expect(await send(request)).toMatchObject({ kind: 'response' });
      expect(await send(request)).toMatchObject({ kind: 'failure', error: 'reset' });
    } finally {
      tls.setDefaultCACertificates(before);
    }
  });

  test('the name is asked for and verified, though the connection goes to a checked address', async () => {
    const server = await hello();
    const before = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...before, cert]);
    try {
      const send = sender({ guard });
      const to = (host: string): HttpRequest => ({
        method: 'GET',
        url: new URL(`https://${host}:${server.port}/`),
        headers: {},
      });
      expect(await send(to('hooks.test'))).toMatchObject({ kind: 'response', body: 'hooks.test' });
      expect(await send(to('other.test'))).toMatchObject({
        kind: 'failure',
        error: 'tls',
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      });
    } finally {
      tls.setDefaultCACertificates(before);
    }
  });
});
