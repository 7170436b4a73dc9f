import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import type { DynamoEngine, DynamoKind, DynamoOptions } from './dynamo-engine.ts';
import { startDynoxide } from './dynoxide.ts';

/**
 * The first of: the endpoint that AWS_ENDPOINT_URL_DYNAMODB names, dynoxide's binary from its npm package, dynoxide on
 * the PATH, dynalite in this process. Throws if the kind that was asked for is not to be had.
 */
export async function startDynamo(options: DynamoOptions): Promise<DynamoEngine> {
  const wanted = (kind: DynamoKind): boolean => options.kind === undefined || options.kind === kind;
  const endpoint = options.env['AWS_ENDPOINT_URL_DYNAMODB'];
  if (endpoint && wanted('external'))
    return { kind: 'external', url: endpoint, pid: null, close: async () => undefined };
  const binary = wanted('dynoxide') ? findDynoxide(options.env['PATH'] ?? '') : null;
  if (binary !== null) return startDynoxide(binary, options);
  if (wanted('dynalite')) return startDynalite(options.dataDir);
  throw new Error(`there is no ${options.kind} engine on this machine`);
}

/** The path of the binary, or null. The guard needs a POSIX shell. */
export function findDynoxide(path: string): string | null {
  if (process.platform === 'win32') return null;
  const packaged = dynoxidePackage();
  const candidates = [
    ...(packaged ? [packaged] : []),
    ...path.split(delimiter).map((folder) => join(folder, 'dynoxide')),
  ];
  return candidates.find(isExecutable) ?? null;
}

function dynoxidePackage(): string | null {
  try {
    const manifest = createRequire(import.meta.url).resolve(
      `@dynoxide/${process.platform}-${process.arch}/package.json`,
    );
    return join(manifest, '..', 'dynoxide');
  } catch {
    // An optional dependency, published for few platforms.
    return null;
  }
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function startDynalite(dataDir: string | undefined): Promise<DynamoEngine> {
  const { default: dynalite } = await import('dynalite');
  const place = dataDir === undefined ? {} : { path: join(dataDir, 'dynamodb') };
  const server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0, ...place });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { kind: 'dynalite', url: `http://127.0.0.1:${port}`, pid: null, close };
}
