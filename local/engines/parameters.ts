/**
 * Parameters as SSM keeps them: a value and a version that each write raises. In memory only: secrets are not for a
 * development machine's disk.
 */

export type ParameterType = 'String' | 'StringList' | 'SecureString';

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly value: string;
  readonly version: number;
  readonly modifiedAtMs: number;
  /** The KMS key of a SecureString; null: the one that AWS manages. */
  readonly keyId: string | null;
}

export interface ParameterStore {
  /** Writes a SecureString unless told otherwise; answers the new version. */
  put(name: string, value: string, type?: ParameterType, keyId?: string | null): number;
  get(name: string): Parameter | null;
  /** False if there was none. */
  remove(name: string): boolean;
  /** Those below the path, sorted by name; without `recursive` the path's own children only. */
  below(path: string, recursive: boolean): readonly Parameter[];
}

export function makeParameterStore(nowMs: () => number): ParameterStore {
  const parameters = new Map<string, Parameter>();
  return {
    put(name, value, type = 'SecureString', keyId = null) {
      const version = (parameters.get(name)?.version ?? 0) + 1;
      parameters.set(name, { name, type, value, version, modifiedAtMs: nowMs(), keyId });
      return version;
    },
    get: (name) => parameters.get(name) ?? null,
    remove: (name) => parameters.delete(name),
    below(path, recursive) {
      const prefix = path.endsWith('/') ? path : `${path}/`;
      return [...parameters.values()]
        .filter(({ name }) => name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/')))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}
