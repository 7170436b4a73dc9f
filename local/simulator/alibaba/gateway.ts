import { decodePairs, flatArray, type RawRequest, valuesOf } from '../raw-request.ts';
import type { Reply } from '../reply.ts';
import type { Call, Visit, World } from '../world.ts';
import type { Actions } from './action.ts';
import { albActions } from './alb.ts';
import { type AlibabaKey, findAlibabaKey } from './credential.ts';
import { nlbActions } from './nlb.ts';
import { ALIBABA_ERRORS, alibabaError } from './reply.ts';
import { readAcs3Authorization, verifyAcs3 } from './verify-acs3.ts';

const PRODUCTS: Readonly<Record<string, { api: string; actions: Actions }>> = {
  '2022-04-30': { api: 'alibaba.nlb', actions: nlbActions },
  '2020-06-16': { api: 'alibaba.alb', actions: albActions },
};

/** Alibaba's RPC gateway. One port serves both products here, so `x-acs-version` tells them apart. Null: not for it. */
export function routeAlibaba(request: RawRequest, world: World): Call | null {
  if (!isAlibaba(request)) return null;
  const product = PRODUCTS[request.headers.get('x-acs-version') ?? ''];
  const action = request.headers.get('x-acs-action') ?? '';
  const params = [...request.query, ...formOf(request)];
  const handler = product && Object.hasOwn(product.actions, action) ? product.actions[action] : undefined;
  return {
    errors: ALIBABA_ERRORS,
    api: product?.api ?? 'alibaba.unknown',
    action: handler ? action : 'unknown',
    key: readAcs3Authorization(request)?.accessKeyId ?? '',
    jobIds: [...valuesOf(params, 'JobId'), ...flatArray(params, 'JobIds')],
    answer: (visit) => {
      const entry = enter(request, world, visit);
      if ('reply' in entry) return entry.reply;
      if (!product || !handler || request.path !== '/') {
        const message = 'Specified api is not found, please check your url and method.';
        return alibabaError(404, 'InvalidAction.NotFound', message);
      }
      if (entry.key.deniedApis.includes(product.api)) {
        return alibabaError(403, 'Forbidden.NoPermission', 'The user is not authorized to operate on the resource.');
      }
      return handler({ world, visit, key: entry.key, params });
    },
  };
}

function isAlibaba(request: RawRequest): boolean {
  const isSignedSo = request.headers.get('authorization')?.startsWith('ACS3-') ?? false;
  return isSignedSo || request.headers.has('x-acs-action') || request.query.some(([name]) => name === 'Action');
}

/** Proves who asks, and that the request is new. */
function enter(request: RawRequest, world: World, visit: Visit): { key: AlibabaKey } | { reply: Reply } {
  if (request.method !== 'POST' && request.method !== 'GET') {
    return { reply: alibabaError(403, 'UnsupportedHTTPMethod', 'This http method is not supported.') };
  }
  const { skewSeconds, signatureMismatchStatus } = world.options();
  const check = verifyAcs3(request, {
    find: (accessKeyId) => findAlibabaKey(world.keys, accessKeyId),
    nowMs: visit.serviceNowMs,
    skewMs: skewSeconds * 1000,
    mismatchStatus: signatureMismatchStatus,
  });
  if ('refusal' in check) {
    const { status, code, message } = check.refusal;
    const claimed = readAcs3Authorization(request)?.accessKeyId;
    if (code === 'SignatureDoesNotMatch' && claimed !== undefined) {
      world.counters.signature(claimed, false, visit.nowMs);
    }
    return { reply: alibabaError(status, code, message) };
  }
  const { accessKeyId } = check.key;
  world.counters.signature(accessKeyId, true, visit.nowMs);
  const nonce = request.headers.get('x-acs-signature-nonce') ?? '';
  if (!world.keys.takeNonce(accessKeyId, nonce, visit.nowMs)) {
    return { reply: alibabaError(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.') };
  }
  return check;
}

/** The gateway takes parameters from an urlencoded body too. */
function formOf(request: RawRequest): (readonly [string, string])[] {
  const type = request.headers.get('content-type') ?? '';
  return type.startsWith('application/x-www-form-urlencoded') ? decodePairs(request.body.toString('utf8')) : [];
}
