declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** LevelDB folder; in memory without one. */
    readonly path?: string;
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }

  export default function dynalite(options?: Options): Server;
}
