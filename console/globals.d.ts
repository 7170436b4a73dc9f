/** The apis that can be watched: put in by `scripts/build-console.ts` from the registry of vendors. */
declare const APIS: readonly import('../lib/job/api-facts.ts').ApiFacts[];
