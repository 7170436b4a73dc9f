import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSources, type Source } from '../scripts/imports.ts';

const ROOT = join(import.meta.dirname, '..');

/**
 * The doors: which rooms a room may import, itself apart; a door may be a single file of a room. A room is the longest
 * of these folders that a file lies in; a file of code that lies in none of them is an error.
 */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'lib/base': [],
  'lib/job': ['lib/base'],
  'lib/events': ['lib/job', 'lib/base'],
  'lib/cadence': ['lib/job', 'lib/base'],
  'lib/vendors': ['lib/job', 'lib/base'],
  'lib/admission': ['lib/vendors', 'lib/job', 'lib/base'],
  'lib/deliver': ['lib/events', 'lib/job', 'lib/base'],
  'lib/watch': ['lib/admission', 'lib/cadence', 'lib/events', 'lib/vendors', 'lib/job', 'lib/base'],
  'lib/api': ['lib/deliver', 'lib/events', 'lib/cadence', 'lib/job', 'lib/base'],
  'lib/metrics': ['lib/watch', 'lib/admission', 'lib/deliver', 'lib/vendors', 'lib/events', 'lib/job', 'lib/base'],
  'lib/adapters': [
    'lib/metrics',
    'lib/api',
    'lib/watch',
    'lib/deliver',
    'lib/admission',
    'lib/cadence',
    'lib/vendors',
    'lib/events',
    'lib/job',
    'lib/base',
  ],
  functions: ['lib'],
  // The folder of `serve`: what the command line may use of it as well.
  'local/data': [],
  local: ['lib', 'functions', 'local/data'],
  client: ['lib/api', 'lib/job', 'lib/base'],
  cli: ['lib', 'client', 'local/data'],
  // The command line, run in the step's own process.
  action: ['cli/run.ts', 'cli/process.ts'],
  // What a type of event means is said once (ADR 25).
  console: ['client', 'lib/base', 'lib/job', 'lib/events/types.ts'],
  scripts: ['lib', 'functions', 'local', 'cli'],
  bench: [
    'lib/base',
    // The rule whose delay is measured, with histories and laws put in its place.
    'lib/cadence',
    // Vendor calls are counted on a whole watch that is composed here, with a clock of its own and the tests' fakes.
    'lib/admission/admission.ts',
    'lib/admission/key-breaker.ts',
    'lib/admission/pace.ts',
    'lib/vendors/account.ts',
    'lib/vendors/alibaba/account.ts',
    'lib/vendors/registry.ts',
    'lib/vendors/vendor.ts',
    'lib/watch/wake/leader.ts',
    'lib/watch/plan.ts',
    'lib/watch/ports.ts',
    'lib/watch/shift.ts',
    'lib/watch/tick.ts',
    'lib/watch/wake/wake.ts',
    'lib/watch/watch.ts',
    'test/fakes',
    // Tables and queues are filled with what a longer run would have left there.
    'lib/job/check-by.ts',
    'lib/job/identity.ts',
    'lib/job/job.ts',
    'lib/job/observation.ts',
    'lib/job/phase.ts',
    'lib/job/transition.ts',
    'lib/events/event.ts',
    'lib/deliver/outbox.ts',
    'lib/adapters/dynamodb/deliveries.ts',
    'lib/adapters/dynamodb/jobs.ts',
    'lib/adapters/dynamodb/known-jobs.ts',
    'lib/adapters/dynamodb/subscriptions.ts',
    'lib/adapters/http/send.ts',
    'lib/adapters/sqs/deliveries.ts',
    'lib/adapters/sqs/pending.ts',
    // What is deployed: its settings, its clients, its packages.
    'functions/common/clients.ts',
    'functions/watch/environment.ts',
    'scripts/budgets.ts',
    'scripts/build-cli.ts',
    'scripts/build.ts',
    'scripts/package.ts',
    // The console is measured in the browser of the pictures, on their scene.
    'scripts/screenshots',
    'local',
  ],
};

const sources = readSources(ROOT);

function roomOf(path: string): string {
  const rooms = Object.keys(DOORS).filter((room) => path.startsWith(`${room}/`));
  return rooms.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

function isOpen(from: string, target: string): boolean {
  return from === roomOf(target) || (DOORS[from] ?? []).some((door) => isWithin(target, door));
}

function isWithin(path: string, door: string): boolean {
  return path === door || path.startsWith(`${door}/`);
}

describe('the rooms', () => {
  it('hold every file', () => {
    expect(sources.filter(({ name }) => roomOf(name) === '').map(({ name }) => name)).toEqual([]);
    for (const room of Object.keys(DOORS))
      expect(sources.filter(({ name }) => roomOf(name) === room).length, room).toBeGreaterThan(0);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(1000);
  });

  it('import through their doors only', () => {
    const wrong = sources.flatMap(({ name, imports }) =>
      imports
        // What is not code, such as package.json, has no room.
        .filter((target) => /\.tsx?$/.test(target) && !isOpen(roomOf(name), target))
        .map((target) => `${name} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('have no door to a single file that nobody goes through', () => {
    const unused = Object.entries(DOORS).flatMap(([room, doors]) =>
      doors
        .filter((door) => door.endsWith('.ts'))
        .filter((door) => !sources.some(({ name, imports }) => roomOf(name) === room && imports.includes(door)))
        .map((door) => `${room} → ${door}`),
    );
    expect(unused).toEqual([]);
  });

  it('have at most 20 files in a folder', () => {
    const folders = Map.groupBy(sources, ({ name }) => dirname(name));
    const crowded = [...folders].filter(([, files]) => files.length > 20);
    expect(crowded.map(([folder, files]) => `${folder}: ${files.length}`)).toEqual([]);
  });

  it('have no import circle, not even of types', () => {
    expect(circles(sources)).toEqual([]);
  });

  it('let no cloud know another', () => {
    const cloudOf = (path: string) => /^(?:lib\/vendors|local\/simulator)\/([^/]+)\//.exec(path)?.[1] ?? '';
    const known = new Set(
      sources.map(({ name }) => cloudOf(name)).filter((folder) => folder !== '' && folder !== 'kit'),
    );
    expect([...known].sort()).toEqual(expect.arrayContaining(['alibaba', 'huawei']));
    const mixed = sources.flatMap(({ name, imports }) =>
      imports
        .filter((target) => known.has(cloudOf(name)) && known.has(cloudOf(target)) && cloudOf(name) !== cloudOf(target))
        .map((target) => `${name} → ${target}`),
    );
    expect(mixed).toEqual([]);
  });
});

/**
 * The import circles that a walk over all files runs into, each as the files it goes through; none if there is none.
 */
function circles(files: readonly Source[]): string[] {
  const importsBy = new Map(files.map(({ name, imports }) => [name, imports]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      found.push([...path.slice(path.indexOf(name)), name].join(' → '));
      return;
    }
    if (done.has(name)) return;
    for (const next of importsBy.get(name) ?? []) walk(next, [...path, name]);
    done.add(name);
  };
  for (const { name } of files) walk(name, []);
  return found;
}

describe('the core', () => {
  const FORBIDDEN = new RegExp(
    [
      /\bMath\.random\b|\bimport \{[^}]*\brandom[^}]*\} from|\bcrypto\./,
      /\bDate\.now\b|\bnew Date\b|\bDate\(|\bperformance\b|\bset(?:Timeout|Interval|Immediate)\b/,
      /\bprocess\b(?!:)/,
      /\bfetch\(|node:(?!crypto\b)|@aws-sdk|@smithy/,
    ]
      .map(({ source }) => source)
      .join('|'),
  );

  it('has no clock, chance, environment or network outside its adapters', () => {
    const wrong = sources.filter(({ name, text }) => isCore(name) && FORBIDDEN.test(codeOf(text)));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it('has no branch on where it runs', () => {
    const shipped = sources.filter(({ name }) => !name.startsWith('local/'));
    expect(shipped.filter(({ text }) => /IS_LOCAL|IS_OFFLINE|isLocal/.test(text)).map(({ name }) => name)).toEqual([]);
  });

  function isCore(name: string): boolean {
    return name.startsWith('lib/') && !name.startsWith('lib/adapters/') && name !== 'lib/base/time.ts';
  }

  /** Without comments and without what stands in quotes: a sentence may say "process". */
  function codeOf(text: string): string {
    const uncommented = text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '');
    const quoted = uncommented.replace(/(from |import )'([^']*)'/g, '$1"$2"');
    return quoted.replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''");
  }
});

describe('functions', () => {
  it('are wiring: an index of a few lines without a branch', () => {
    const entries = sources.filter(({ name }) => /^functions\/[^/]+\/index\.ts$/.test(name));
    expect(entries.map(({ name }) => name).toSorted()).toEqual([
      'functions/api/index.ts',
      'functions/deliver/index.ts',
      'functions/reconcile/index.ts',
      'functions/wake/index.ts',
      'functions/watch/index.ts',
    ]);
    for (const { name, text } of entries) {
      expect(text.split('\n').length, name).toBeLessThanOrEqual(35);
      expect(text, name).not.toMatch(/\bif \(/);
      expect(text, name).toContain('export const handler = middy(');
    }
  });
});

/** Each of these was a second word for a thing, or one word for several. The word that stays: docs/architecture.md. */
const GONE: Readonly<Record<string, string>> = {
  ALONE: 'SOLO_CALL',
  Company: 'CallShare',
  HttpAnswer: 'HttpResponse',
  LastTick: 'the time of the last tick',
  Lasted: 'Lifetime',
  Pass: 'Permit',
  Sighting: 'StatusReport',
  Standing: 'KeyState',
  Tell: 'Publish',
  askAges: 'pollAges',
  believe: 'trust',
  bury: 'deadLetter',
  claimTrial: 'claimProbe',
  companyOf: 'callShareOf',
  confirmOther: 'confirmOtherOwner',
  disown: 'clearOwner',
  endUnaskable: 'endUnpollable',
  firstAskMs: 'firstPollMs',
  firstLook: 'firstPoll',
  hideUntil: 'delayUntil',
  keepInMind: 'bufferUnsaved',
  knownOf: 'a model',
  lastedOf: 'lifetimeOf',
  lookSeconds: 'pollCostSeconds',
  makeEffects: 'makeSteps',
  makeFindings: 'makeResults',
  makeKeys: 'makeKeyBreaker',
  makeKnowledge: 'makeLearned',
  makeTell: 'makePublish',
  measureTell: 'measurePublish',
  nextAskInMs: 'nextPollInMs',
  nextLookMs: 'nextDueMs',
  planAsking: 'leastCostSchedule',
  standings: 'keyStates',
  tellDenied: 'publishDenied',
  tellOwed: 'publishPending',
  visitWake: 'receiveWake',
  yieldTo: 'absorbDuplicate',
};

describe('words that are gone', () => {
  it('do not come back, in comments neither', () => {
    const word = new RegExp(`(?<![\\w$])(?:${Object.keys(GONE).join('|')})(?![\\w$])`, 'g');
    const found = sources.flatMap(({ name, text }) =>
      [...text.matchAll(word)].map(([gone]) => `${name}: ${gone}, say ${GONE[gone]}`),
    );
    expect(found).toEqual([]);
  });
});
