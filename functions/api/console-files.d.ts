declare module 'virtual:console-files' {
  /** What `scripts/build-console.ts` made of `console/`. */
  export const files: readonly import('../../lib/api/console.ts').ConsoleFile[];
}
