declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** What `Level` of the package `level` is made with. */
    readonly path: object;
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }

  export default function dynalite(options: Options): Server;
}
