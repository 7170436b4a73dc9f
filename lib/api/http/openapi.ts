import { type ConversionConfig, toJsonSchema } from '@valibot/to-json-schema';
import { problem } from '../responses.ts';
import type { DoorSchema } from './check.ts';
import type { AnySchema, Route } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

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
      description: 'Watches asynchronous jobs of cloud vendors and tells webhooks when they end.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: pathsOf(routes, apis),
    components: {
      schemas: { Problem: inputSchema(problem) },
      responses: {
        Problem: {
          description: 'A problem.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token `jw_…` that has the scope.' } },
    },
  };
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
      : { requestBody: { required: true, content: contentOf(withApis(inputSchema(route.body), apis)) } };
  const parameters = [
    ...pathParameters(route.path),
    ...(route.query === null ? [] : queryParameters(route.query)),
    ...headerParameters(route.headers),
  ];
  return {
    operationId: route.operation,
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...body,
    responses: responsesOf(route),
    security: route.permission === null ? [] : [{ token: [route.permission] }],
  };
}

function responsesOf(route: Route): Json {
  const good = Object.entries(route.responses).map(([status, schema]) => {
    const content = schema === null ? {} : { content: contentOf(inputSchema(schema)) };
    return [status, { description: route.summary, ...content }];
  });
  const problems = problemsOf(route).map((status) => [String(status), { $ref: '#/components/responses/Problem' }]);
  const unchanged = route.method === 'GET' ? [['304', { description: 'As `If-None-Match` knows it.' }]] : [];
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

/** `label.team=a` is a parameter whose name is open: the exploded form of an object says that. */
function queryParameters(query: DoorSchema): readonly Json[] {
  return Object.entries(query.entries).map(([name, entry]) => {
    if (name !== 'label') return { name, in: 'query', required: false, schema: inputSchema(entry) };
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

/**
 * Checks by code have no form in JSON Schema; where it matters, `v.metadata` stands beside them. A custom schema
 * here always says "an object".
 */
const CONVERSION: ConversionConfig = {
  target: 'draft-2020-12',
  typeMode: 'input',
  errorMode: 'throw',
  ignoreActions: ['check', 'partial_check'],
  overrideSchema: ({ valibotSchema }) => (valibotSchema.type === 'custom' ? { type: 'object' } : null),
};

function inputSchema(schema: AnySchema): Json {
  const { $schema: _, ...converted } = toJsonSchema(schema, CONVERSION);
  return converted;
}

/** Which apis there are is known to the registry, not to the schema. */
function withApis(schema: Json, apis: readonly string[]): Json {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => {
    if (key !== 'properties' || typeof value !== 'object' || value === null || !('jobId' in value)) return value;
    return { ...value, api: { type: 'string', enum: apis } };
  });
}
