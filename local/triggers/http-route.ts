export interface Route<Target> {
  /** E.g. `ANY /v1/{proxy+}`, `GET /jobs/{id}`, `$default`. */
  readonly key: string;
  readonly target: Target;
}

export interface RouteMatch<Target> {
  readonly route: Route<Target>;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The route that API Gateway would choose: a full match before a greedy one before `$default`, the named method before
 * ANY.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html#http-api-develop-routes.evaluation
 */
export function matchRoute<Target>(
  routes: readonly Route<Target>[],
  method: string,
  path: string,
): RouteMatch<Target> | null {
  const matches = routes.flatMap((route) => {
    const match = tryRoute(route, method, path);
    return match ? [match] : [];
  });
  return matches.sort((a, b) => a.rank - b.rank)[0] ?? null;
}

function tryRoute<Target>(
  route: Route<Target>,
  method: string,
  path: string,
): (RouteMatch<Target> & { rank: number }) | null {
  if (route.key === '$default') return { route, parameters: {}, rank: 4 };
  const [wantedMethod = '', wantedPath = ''] = route.key.split(' ');
  if (wantedMethod !== 'ANY' && wantedMethod !== method) return null;
  const pattern = wantedPath.split('/').map((segment) => {
    const name = /^\{(\w+)(\+?)\}$/.exec(segment);
    if (!name) return segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return name[2] ? `(?<${name[1]}>.+)` : `(?<${name[1]}>[^/]+)`;
  });
  const match = new RegExp(`^${pattern.join('/')}$`).exec(path);
  if (!match) return null;
  const parameters = Object.fromEntries(
    Object.entries(match.groups ?? {}).map(([name, value]) => [name, decode(value)]),
  );
  return { route, parameters, rank: (wantedPath.includes('+}') ? 2 : 0) + (wantedMethod === 'ANY' ? 1 : 0) };
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // A stray % stands for itself.
    return value;
  }
}
