import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { DataError } from '../data/error.ts';
import { type TablesKind, tablesIn } from '../data/folder.ts';
import { startDynalite } from './dynalite.ts';
import type { DynamoEngine, DynamoKind, DynamoOptions } from './dynamo-engine.ts';
import { startDynoxide } from './dynoxide.ts';

/**
 * The first of: the endpoint that AWS_ENDPOINT_URL_DYNAMODB names, dynoxide's binary from its npm package, dynoxide on
 * the PATH, dynalite in this process. A folder that has tables already is served by the engine that wrote them: no
 * engine reads another's. Throws if the kind that is needed is not to be had.
 */
export async function startDynamo(options: DynamoOptions): Promise<DynamoEngine> {
  const endpoint = options.env['AWS_ENDPOINT_URL_DYNAMODB'];
  if (endpoint && (options.kind ?? 'external') === 'external')
    return { kind: 'external', url: endpoint, pid: null, close: async () => undefined };
  const written = options.dataDir === undefined ? null : tablesIn(options.dataDir);
  if (written !== null) refuseOther(written, options);
  const wanted = (kind: DynamoKind): boolean => (written ?? options.kind ?? kind) === kind;
  const binary = wanted('dynoxide') ? findDynoxide(options.env['PATH'] ?? '') : null;
  if (binary !== null) return startDynoxide(binary, options);
  if (wanted('dynalite')) return startDynalite(options.dataDir);
  if (written === null) throw new Error(`there is no ${options.kind} engine on this machine`);
  throw new DataError(
    `${options.dataDir} has tables of dynoxide, which this machine has not: put its program on the PATH, ` +
      'or move with "jobwatch export" and "jobwatch import".',
  );
}

function refuseOther(written: TablesKind, { dataDir, kind }: DynamoOptions): void {
  if (written === 'level')
    throw new DataError(
      `${dataDir} has tables in LevelDB, as dynalite wrote them before: move with "jobwatch export" of that version and "jobwatch import".`,
    );
  if (kind !== undefined && kind !== written)
    throw new DataError(`${dataDir} has tables of ${written}, not of ${kind}.`);
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
