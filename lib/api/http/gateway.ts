import * as v from 'valibot';
import type { ApiRequest, ApiResponse } from './types.ts';

/**
 * What is used of an HTTP API's event, payload 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
const gatewayEvent = v.object({
  rawPath: v.string(),
  rawQueryString: v.optional(v.string(), ''),
  headers: v.optional(v.record(v.string(), v.optional(v.string())), {}),
  requestContext: v.object({ requestId: v.string(), http: v.object({ method: v.string() }) }),
  body: v.nullish(v.string()),
  isBase64Encoded: v.optional(v.boolean(), false),
});

export interface GatewayResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded?: true;
}

/** The API behind an HTTP API of API Gateway. Rejects only for what is no such event. */
export function behindGateway(api: (request: ApiRequest) => Promise<ApiResponse>) {
  return async (event: unknown): Promise<GatewayResult> => {
    const { status, headers, body, isBase64 } = await api(toRequest(event));
    return { statusCode: status, headers, body, ...(isBase64 === undefined ? {} : { isBase64Encoded: isBase64 }) };
  };
}

function toRequest(event: unknown): ApiRequest {
  const { rawPath, rawQueryString, headers, requestContext, body, isBase64Encoded } = v.parse(gatewayEvent, event);
  const text = body ?? null;
  return {
    id: requestContext.requestId,
    method: requestContext.http.method.toUpperCase(),
    path: rawPath,
    query: new URLSearchParams(rawQueryString),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: text !== null && isBase64Encoded ? Buffer.from(text, 'base64').toString('utf8') : text,
  };
}
