import type { LookupAddress } from 'node:dns';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { makeAddressGuard } from '../../../lib/adapters/http/address-guard.ts';
import { makeSend } from '../../../lib/adapters/http/send.ts';

const strict = makeAddressGuard({ allowedCidrs: [] });
const families = (...addresses: readonly string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '52.95.110.1',
  '100.63.255.255',
  '100.128.0.1',
  '172.15.255.255',
  '172.32.0.1',
  '192.0.1.1',
  '223.255.255.255',
];
const PUBLIC_V6 = [
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
  '2a00:1450:4001:81b::200e',
  '2400:cb00::1',
  '2620:fe::fe',
];
const PRIVATE = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.255',
  '169.254.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.0.0.192',
  '192.0.2.1',
  '192.31.196.1',
  '192.52.193.1',
  '192.88.99.1',
  '192.168.0.1',
  '192.175.48.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
];
const PRIVATE_V6 = [
  '::',
  '::1',
  '::127.0.0.1',
  '::a00:1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  '::ffff:0:10.0.0.1',
  '64:ff9b::10.0.0.1',
  '64:ff9b::8.8.8.8',
  '64:ff9b:1::1',
  '100::1',
  '100:0:0:1::1',
  '2001::1',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2',
  '2001:2::1',
  '2001:3::1',
  '2001:4:112::1',
  '2001:10::1',
  '2001:20::1',
  '2001:30::1',
  '2001:db8::1',
  '2002:a00:1::',
  '2002:808:808::1',
  '2620:4f:8000::1',
  '2d00::1',
  '2e00::1',
  '3000::1',
  '3ffe::1',
  '3fff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
];
/** All of these are 127.0.0.1 or 10.0.0.1. */
const SPELLINGS = [
  '2130706433',
  '0x7f000001',
  '017700000001',
  '127.1',
  '127.0.1',
  '0x7f.1',
  '0177.0.0.1',
  '0x7f.0x0.0x0.0x1',
  '127.0.0.1.',
  '１２７.０.０.１',
  '127。0。0。1',
  '%31%32%37.0.0.1',
  '0127.0.0.1',
  '10.1',
  '012.1',
  '167772161',
];

describe('a URL', () => {
  test.each([...PUBLIC, ...PUBLIC_V6.map((address) => `[${address}]`), '[::ffff:8.8.8.8]'])(
    'of the public address %s is good',
    (host) => {
      expect(strict.checkUrl(`https://${host}/hook`)).toEqual([]);
    },
  );

  test.each([
    ...PRIVATE,
    ...PRIVATE_V6.map((address) => `[${address}]`),
    ...SPELLINGS.filter((host) => host !== '0127.0.0.1'),
  ])('of %s is refused', (host) => {
    expect(strict.checkUrl(`https://${host}/hook`)).toEqual(['the address is not a public one']);
  });

  test('with an octal part means another address than it seems to', () => {
    expect(strict.checkUrl('https://0127.0.0.1/')).toEqual([]); // 87.0.0.1
    expect(strict.checkUrl('https://0177.0.0.1/')).not.toEqual([]);
  });

  test.each([
    ['https://hooks.example.com/a?b=c', []],
    ['https://hooks.example.com:443/', []],
    ['https://HOOKS.example.com./', []],
    ['https://bücher.example/', []],
    ['http://hooks.example.com/', ['the scheme has to be https']],
    ['https://hooks.example.com:8443/', ['the port has to be 443']],
    ['http://hooks.example.com:8080/', ['the scheme has to be https', 'the port has to be 443']],
    ['https://user@hooks.example.com/', ['the URL may not hold a user name or a password']],
    ['https://:pass@hooks.example.com/', ['the URL may not hold a user name or a password']],
    ['https://hooks.example.com/#x', ['the URL may not have a fragment']],
    ['https://hooks.example.com/#', ['the URL may not have a fragment']],
    ['ftp://hooks.example.com/', ['the scheme has to be https']],
    ['file:///etc/passwd', ['the scheme has to be https', 'the URL has no host']],
    [
      'http://u:p@127.0.0.1:22/#x',
      [
        'the URL may not hold a user name or a password',
        'the URL may not have a fragment',
        'the address is not a public one',
        'the scheme has to be https',
        'the port has to be 443',
      ],
    ],
    ['/relative', ['this is not an absolute URL']],
    ['https://', ['this is not an absolute URL']],
    ['https://256.256.256.256/', ['this is not an absolute URL']],
    ['https://1.2.3.4.5/', ['this is not an absolute URL']],
    ['https://[fe80::1%25eth0]/', ['this is not an absolute URL']],
    ['https://[fe80::1%eth0]/', ['this is not an absolute URL']],
    ['https://a b.example.com/', ['this is not an absolute URL']],
    ['', ['this is not an absolute URL']],
    [`https://hooks.example.com/${'x'.repeat(2000)}`, ['the URL is longer than 2000 characters']],
  ])('%s: %j', (url, problems) => {
    expect(strict.checkUrl(url)).toEqual(problems);
  });
});

describe('an allowed range', () => {
  const { checkUrl, guard } = makeAddressGuard({
    allowedCidrs: ['10.1.0.0/16', 'fd00:1::/32'],
    resolve: async (name) => (name === 'inside' ? families('10.1.2.3') : families('93.184.215.14')),
  });

  test.each([
    ['https://10.1.2.3/', 0],
    ['http://10.1.2.3:8080/', 0],
    ['http://[fd00:1::5]:81/', 0],
    ['http://[::ffff:10.1.2.3]:81/', 0],
    ['https://10.2.0.1/', 1],
    ['http://8.8.8.8/', 1],
    ['https://8.8.8.8:8443/', 1],
    ['http://inside:8080/', 0],
    ['https://user@10.1.2.3/', 1],
  ])('%s has %i problems', (url, problems) => {
    expect(checkUrl(url)).toHaveLength(problems);
  });

  test.each([
    ['http://inside:8080/', 'addresses'],
    ['https://outside/', 'addresses'],
    ['http://outside/', 'failure'],
    ['https://outside:8443/', 'failure'],
    ['http://10.1.2.3:9/', 'addresses'],
    ['http://user@10.1.2.3:9/', 'failure'],
  ])('%s ends in %s when it is called', async (url, kind) => {
    expect((await guard(new URL(url))).kind).toBe(kind);
  });
});

describe('the connection guard', () => {
  const answering = (...addresses: readonly string[]) =>
    makeAddressGuard({ allowedCidrs: [], resolve: async () => families(...addresses) });

  test.each([...PRIVATE, ...PRIVATE_V6, 'fe80::1%eth0', 'nonsense'])('blocks a name that means %s', async (address) => {
    expect(await answering(address).guard(new URL('https://hooks.example.com/'))).toMatchObject({
      kind: 'failure',
      error: 'blocked',
    });
  });

  test('blocks a name if one of its addresses is private', async () => {
    const { guard } = answering('8.8.8.8', '10.0.0.1');
    expect(await guard(new URL('https://hooks.example.com/'))).toMatchObject({ error: 'blocked' });
  });

  test('gives all addresses of a good name', async () => {
    const { guard } = answering('8.8.8.8', '2606:4700:4700::1111');
    expect(await guard(new URL('https://hooks.example.com/'))).toEqual({
      kind: 'addresses',
      addresses: families('8.8.8.8', '2606:4700:4700::1111'),
    });
  });

  test('a name that is not found is a failed connection', async () => {
    const missing = makeAddressGuard({
      allowedCidrs: [],
      resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })),
    });
    expect(await missing.guard(new URL('https://nowhere.example/'))).toMatchObject({
      error: 'connect',
      code: 'ENOTFOUND',
    });
    expect(await answering().guard(new URL('https://nowhere.example/'))).toMatchObject({
      error: 'connect',
      code: 'ENOTFOUND',
    });
  });

  test('a name whose answer changes is looked up once a call, and what was checked is what is called', async () => {
    const server = http.createServer((_request, answer) => answer.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    // The allowed address first, then, as a second look-up would find, another one.
    const answers = [families('127.0.0.1'), families('10.0.0.1')];
    let lookups = 0;
    const { guard } = makeAddressGuard({
      allowedCidrs: ['127.0.0.1/32'],
      resolve: async () => answers[lookups++] ?? [],
    });
    const send = makeSend({ timeoutMs: 2000, maxBytes: 100, guard });
    const url = new URL(`http://rebind.example:${port}/`);
    expect(await send({ method: 'GET', url, headers: {} })).toMatchObject({ kind: 'response', body: 'reached' });
    expect(lookups).toBe(1);
    expect(await send({ method: 'GET', url, headers: {} })).toMatchObject({ kind: 'failure', error: 'blocked' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('the reason names the host and neither path nor query', async () => {
    const { guard } = answering('10.0.0.1');
    const blocked = await guard(new URL('https://hooks.example.com/secret?token=hidden'));
    expect(blocked).toMatchObject({ reason: 'hooks.example.com may not be called: the address is not a public one' });
  });
});
