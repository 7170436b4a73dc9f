import type { ApiPorts } from '../../lib/api/ports.ts';
import { makeRoutes } from '../../lib/api/routes.ts';

/** Every route with the permission that it needs, as docs/api.md shows them. */
export function routesTable(): string {
  // Only the handlers use the ports, and none is called.
  const ports = { apis: new Map() } as unknown as ApiPorts;
  const rows = makeRoutes(ports).map(({ method, path, permission, summary }) => {
    const cells = [
      `\`${method} ${path.replace('+}', '}')}\``,
      permission === null ? '–' : `\`${permission}\``,
      summary,
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| route | permission | |', '|---|---|---|', ...rows].join('\n');
}
