import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../lib/base/http.ts';
import { aCall, aLab, alibabaError, json, NOW_MS, poll } from './support.ts';

const MINUTE = 60_000;
/** How far the clock of each region is off; both clouds refuse what is more than 15 minutes away. */
const OFF_MS: Readonly<Record<string, number>> = { 'eu-de': 0, 'ap-east': 40 * MINUTE, 'us-west': -25 * MINUTE };

/** A gateway with a clock of its own in each region. */
function gateway({ url, headers }: HttpRequest) {
  const offMs = OFF_MS[/\.([a-z-]+)\.(?:aliyuncs|myhuaweicloud)/.exec(url.host)?.[1] ?? ''] ?? 0;
  const date = new Date(NOW_MS + offMs).toUTCString();
  const given = headers['x-acs-date'] ?? headers['x-sdk-date'] ?? '';
  const [, ...digits] = /(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)Z/.exec(given) ?? [];
  const [year, month, day, ...time] = digits;
  const signedMs = Date.parse(`${year}-${month}-${day}T${time.join(':')}Z`);
  if (Math.abs(signedMs - NOW_MS - offMs) < 15 * MINUTE) return json({ status: 'RUNNING', job: {}, Jobs: [] });
  return 'x-acs-date' in headers
    ? alibabaError('InvalidTimeStamp.Expired', 400, { date })
    : json({ error_code: 'APIGW.0301', error_msg: 'signature expired' }, 401, { date });
}

describe.each(['alibaba.alb', 'huawei.elb.v1'])('the clocks of the end points of %s', (api) => {
  const inRegion = (region: string) => ({ ...aCall(api, ['j']), scope: { ...aCall(api, ['j']).scope, region } });

  test('are known each: those of two regions do not take turns in being wrong', async () => {
    const lab = aLab([gateway]);
    let refusals = 0;
    for (let round = 0; round < 8; round++)
      for (const region of Object.keys(OFF_MS)) refusals += (await poll(lab, inRegion(region))).keyRefusals;
    expect(refusals).toBe(2);
    expect(lab.requests).toHaveLength(8 * 3 + 2);
  });
});

test('two apis at one end point share what is known of its clock', async () => {
  const lab = aLab([gateway]);
  const inEast = (api: string) => ({ ...aCall(api, ['j']), scope: { ...aCall(api, ['j']).scope, region: 'ap-east' } });
  expect((await poll(lab, inEast('huawei.elb.v1'))).keyRefusals).toBe(1);
  expect((await poll(lab, inEast('huawei.elb.v3'))).keyRefusals).toBe(0);
});
