import type { Phase } from '../../job/phase.ts';
import type { FaultRow } from '../kit/faults.ts';
import type { VendorPace } from '../vendor.ts';

/** RFC 6901: where something stands in an answer. */
export type Pointer = `/${string}`;

/** A cloud that is read over HTTP with a bearer token, as data: docs/adr/0016-declared-apis.md has the rules. */
export interface DeclaredCloud {
  readonly name: string;
  /** The only place where its tokens go, unless an account's `endpoints` say otherwise. */
  readonly origin: `https://${string}`;
  /** How its tokens look: see `ApiFacts`. */
  readonly keyShapes: readonly string[];
  readonly callsAtOnce: number;
  /** Below what the vendor allows where a token's calls are counted together with those of its other users. */
  readonly pace: VendorPace;
  /** What `RateLimit-Reset` is the time of: of the next free call, or of the limit being whole again. */
  readonly rateLimitReset: 'nextCall' | 'wholeLimit';
  /** Where an error has its code. */
  readonly errorCode: Pointer;
  readonly faults: readonly FaultRow[];
  readonly apis: readonly DeclaredApi[];
}

/** One read-only api, whose ids are whole numbers. */
export interface DeclaredApi {
  readonly api: string;
  /** The page that describes it. */
  readonly source: string;
  /** The request for one job: `{id}` stands for its id. */
  readonly one: { readonly path: `/${string}/{id}`; readonly job: Pointer };
  /** The request for several; absent if there is none. */
  readonly many?: {
    readonly path: `/${string}`;
    /** The parameter that stands once for each id. */
    readonly idParameter: string;
    readonly idsMax: number;
    /** How a page's size is asked for: one that holds more than `idsMax`. */
    readonly pageSize: { readonly parameter: string; readonly jobs: number };
    readonly jobs: Pointer;
    /** Null on the last page, or absent there: then a page that is full is not believed to be the last. */
    readonly nextPage: Pointer;
  };
  /** In a job. */
  readonly id: Pointer;
  readonly word: Pointer;
  /** The vendor's words in lower case. */
  readonly words: Readonly<Record<string, Phase>>;
  readonly detail: {
    readonly operation: Pointer;
    readonly resourceId: Pointer;
    readonly resourceType: Pointer;
    readonly beganAt: Pointer;
    /** Told beside a word that ends the job. */
    readonly endedAt: Pointer;
    /** Told beside a word of failure; absent if the vendor names none. */
    readonly error?: { readonly code: Pointer; readonly message: Pointer };
  };
}

/** What is not safe about a declaration; none: it may be watched. */
export function problemsOf({ origin, pace, faults, apis }: DeclaredCloud): readonly string[] {
  const isOrigin = URL.canParse(origin) && new URL(origin).origin === origin && origin.startsWith('https:');
  const means = new Set(faults.map((row) => row.means));
  return [
    ...(isOrigin ? [] : ['origin: expected https://host']),
    ...(pace.callsPerSecond > 0 && pace.callsPerSecond <= CALLS_PER_SECOND_MAX ? [] : ['pace: expected at most 5']),
    ...(means.has('throttled') && means.has('key') ? [] : ['faults: expected codes of throttling and of a bad token']),
    ...apis.flatMap((api) => apiProblems(api).map((problem) => `${api.api}: ${problem}`)),
  ];
}

const CALLS_PER_SECOND_MAX = 5;

function apiProblems({ one, many, words }: DeclaredApi): readonly string[] {
  const phases = new Set(Object.values(words));
  const isWhole = phases.has('succeeded') && phases.has('failed');
  const isFolded = Object.keys(words).every((word) => word !== '' && word === word.toLowerCase());
  const paths = [one.path.replace('{id}', '1'), many?.path ?? '/'];
  return [
    ...(isWhole ? [] : ['words: expected one of success and one of failure']),
    ...(isFolded ? [] : ['words: expected lower case']),
    ...(paths.every(isPlainPath) ? [] : ['path: expected plain segments']),
    ...(many === undefined || (many.idsMax >= 1 && many.idsMax <= IDS_MAX) ? [] : [`idsMax: expected 1 to ${IDS_MAX}`]),
    ...(many === undefined || many.pageSize.jobs > many.idsMax ? [] : ['pageSize: expected more than idsMax']),
  ];
}

const IDS_MAX = 100;

function isPlainPath(path: string): boolean {
  return path === '/' || /^(\/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)+$/.test(path);
}
