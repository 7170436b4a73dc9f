import { EVENT_CATALOGUE } from '../../events/catalogue.ts';
import type { DoorSchema } from './check.ts';
import { EXAMPLES } from './openapi-examples.ts';
import { type Json, jsonSchema, namedSchemas, openSchema } from './openapi-schemas.ts';
import type { Route } from './route.ts';

const API_VERSION = '1';

/**
 * The OpenAPI 3.1 document of the routes, made from the schemas that check them.
 * https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument(routes: readonly Route[], apis: readonly string[]): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'jobwatch',
      version: API_VERSION,
      description: 'Watches asynchronous jobs of cloud vendors and notifies webhooks when they end.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: TAGS.map(({ name, description }) => ({ name, description })),
    paths: pathsOf(routes, apis),
    webhooks: webhooks(),
    components: {
      schemas: componentSchemas(),
      responses: {
        Problem: {
          description: 'A problem.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token `jw_…` with the required scope.' },
      },
    },
  };
}

/** The first whose pattern fits the path. */
const TAGS: readonly { readonly name: string; readonly description: string; readonly path: RegExp }[] = [
  { name: 'Deliveries', description: 'Events on their way to subscriptions.', path: /deliver/ },
  { name: 'Jobs', description: 'Vendor jobs under watch.', path: /^\/v1\/jobs/ },
  { name: 'Groups', description: 'Jobs that are reported together.', path: /^\/v1\/groups/ },
  {
    name: 'Subscriptions',
    description: 'Webhooks, chat robots and event buses that get events.',
    path: /^\/v1\/subscriptions/,
  },
  { name: 'Service', description: 'jobwatch itself.', path: /./ },
  {
    name: 'Events',
    description: 'The events that subscriptions get: CloudEvents 1.0, signed according to Standard Webhooks.',
    path: /^$/,
  },
];

/** `Job`, `Subscription`, … with an example each, and `Event` with one of each type. */
function componentSchemas(): Json {
  const named = Object.entries(namedSchemas()).map(([name, schema]) => {
    const example = EXAMPLES[name];
    return [name, example === undefined ? schema : { ...(schema as Json), examples: [example] }];
  });
  const events = EVENT_CATALOGUE.map(({ type }) => ({ $ref: `#/components/schemas/${type}` }));
  const byType = EVENT_CATALOGUE.map(({ type, schema, example }) => [
    type,
    { ...openSchema(schema), examples: [example] },
  ]);
  return Object.fromEntries([...named, ['Event', { oneOf: events }], ...byType]);
}

/** What a receiver gets, by the type of the event. https://spec.openapis.org/oas/v3.1.1.html#oas-webhooks */
function webhooks(): Json {
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: { type: 'string' },
  });
  const parameters = [
    header('webhook-id', 'The id of the event: the same at every attempt.'),
    header('webhook-timestamp', 'Seconds since 1970.'),
    header('webhook-signature', '`v1,` and the base64 of an HMAC-SHA256; several during a rotation of the secret.'),
  ];
  const responses = {
    '2XX': { description: 'Accepted.' },
    '410': { description: 'Nothing more is sent: the subscription is disabled.' },
    default: { description: 'Not accepted: it is retried on the schedule.' },
  };
  return Object.fromEntries(
    EVENT_CATALOGUE.map(({ type, when, example }) => {
      const schema = { $ref: `#/components/schemas/${type}` };
      const content = { 'application/cloudevents+json': { schema, examples: { sample: { value: example } } } };
      const operationId = type.replace(/[._](\w)/g, (_, letter: string) => letter.toUpperCase());
      const post = {
        operationId,
        summary: when,
        tags: ['Events'],
        parameters,
        requestBody: { required: true, content },
      };
      return [type, { post: { ...post, responses, security: [] } }];
    }),
  );
}

function pathsOf(routes: readonly Route[], apis: readonly string[]): Json {
  const paths = [...new Set(routes.map(({ path }) => path))];
  return Object.fromEntries(
    paths.map((path) => {
      const here = routes.filter((route) => route.path === path);
      return [
        path.replace('+}', '}'),
        Object.fromEntries(here.map((route) => [route.method.toLowerCase(), operationOf(route, apis)])),
      ];
    }),
  );
}

function operationOf(route: Route, apis: readonly string[]): Json {
  const body =
    route.body === null
      ? {}
      : { requestBody: { required: true, content: contentOf(withApis(jsonSchema(route.body), apis)) } };
  const parameters = [
    ...pathParameters(route.path),
    ...(route.query === null ? [] : queryParameters(route.query)),
    ...headerParameters(route.headers),
  ];
  return {
    operationId: route.operation,
    summary: route.summary,
    tags: TAGS.filter(({ path }) => path.test(route.path))
      .slice(0, 1)
      .map(({ name }) => name),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...body,
    responses: responsesOf(route),
    security: route.permission === null ? [] : [{ token: [route.permission] }],
  };
}

function responsesOf(route: Route): Json {
  const good = Object.entries(route.responses).map(([status, schema]) => {
    const content = schema === null ? {} : { content: contentOf(jsonSchema(schema)) };
    return [status, { description: route.summary, ...content }];
  });
  const problems = problemsOf(route).map((status) => [String(status), { $ref: '#/components/responses/Problem' }]);
  const unchanged =
    route.method === 'GET' ? [['304', { description: 'Not modified since the `ETag` in `If-None-Match`.' }]] : [];
  return Object.fromEntries([...good, ...unchanged, ...problems]);
}

function problemsOf(route: Route): readonly number[] {
  const token = route.permission === null ? [] : [401, 403, 503];
  const body = route.method === 'POST' || route.method === 'PATCH' ? [413] : [];
  return [...new Set([400, ...token, ...body, ...route.problems, 500])].sort((a, b) => a - b);
}

function pathParameters(path: string): readonly Json[] {
  const names = [...path.matchAll(/\{(\w+)\+?\}/g)].map((match) => match[1] ?? '');
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function headerParameters(headers: Route['headers']): readonly Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  }));
}

/** Several words are one parameter, with commas between. */
function plainParameter(name: string, schema: Json): Json {
  const list = schema['type'] === 'array' ? { style: 'form', explode: false } : {};
  return { name, in: 'query', required: false, ...list, schema };
}

/** `label.team=a` is a parameter whose name is open: the exploded form of an object says that. */
function queryParameters(query: DoorSchema): readonly Json[] {
  return Object.entries(query.entries).map(([name, entry]) => {
    if (name !== 'label') return plainParameter(name, jsonSchema(entry));
    const schema = {
      type: 'object',
      patternProperties: { '^label\\.': { type: 'string', maxLength: 256 } },
      additionalProperties: false,
    };
    return {
      name,
      in: 'query',
      required: false,
      style: 'form',
      explode: true,
      description: 'As `label.<key>=<value>`; all must match.',
      schema,
    };
  });
}

function contentOf(schema: Json): Json {
  return { 'application/json': { schema } };
}

/** Which apis there are is known to the registry, not to the schema. */
function withApis(schema: Json, apis: readonly string[]): Json {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key !== 'properties' || typeof value !== 'object' || value === null || !('jobId' in value)) return value;
    return { ...value, api: { type: 'string', enum: apis } };
  });
}
