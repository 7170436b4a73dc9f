import * as v from 'valibot';
import { credentialSchema } from './clouds.ts';
import { type Fault, faultSchema } from './fault-schema.ts';
import type { RawRequest } from './raw-request.ts';
import { jsonReply, type Reply } from './reply.ts';
import { parseInput, ScenarioError } from './scenario.ts';
import { type Credential, JOB_APIS, type Job, jobSchema, optionsSchema } from './schema.ts';
import type { Simulator } from './simulator.ts';
import { RESETTABLE } from './simulator.ts';

const resetSchema = v.optional(v.strictObject({ what: v.optional(v.array(v.picklist(RESETTABLE))) }), {});
const jobRefSchema = v.strictObject({
  api: v.picklist(JOB_APIS),
  jobId: v.string(),
  projectId: v.optional(v.string()),
});

type Inside = Omit<Simulator, 'url' | 'endpointsOf' | 'close'>;
type Handler = (simulator: Inside, request: RawRequest) => Reply;

const HANDLERS: Readonly<Record<string, Handler>> = {
  'GET /_sim/state': (simulator) => done(200, simulator.state()),
  'GET /_sim/counters': (simulator) => done(200, simulator.counters()),
  'GET /_sim/jobs': (simulator) => done(200, { jobs: simulator.jobs() }),
  'POST /_sim/jobs': (simulator, request) => {
    const jobs: Job[] = parseOneOrMany(jobSchema, 'jobs', readJson(request));
    for (const job of jobs) simulator.addJob(job);
    return done(201, { added: jobs.length });
  },
  'DELETE /_sim/jobs': (simulator, request) => {
    const { api, jobId, projectId } = parseInput(jobRefSchema, Object.fromEntries(request.query), 'the query');
    const isRemoved = simulator.removeJob(api, jobId, projectId);
    return isRemoved ? done(200, { removed: 1 }) : done(404, { error: 'there is no such job' });
  },
  'POST /_sim/faults': (simulator, request) => {
    const faults: Fault[] = parseOneOrMany(faultSchema, 'faults', readJson(request));
    return done(201, { ids: faults.map((fault) => simulator.setFault(fault)) });
  },
  'DELETE /_sim/faults': (simulator, request) => {
    const id = request.query.find(([name]) => name === 'id')?.[1];
    if (id === undefined) simulator.reset(['faults']);
    else if (!simulator.removeFault(id)) return done(404, { error: 'there is no such fault' });
    return done(200, {});
  },
  'POST /_sim/credentials': (simulator, request) => {
    const credentials: Credential[] = parseOneOrMany(credentialSchema, 'credentials', readJson(request));
    for (const credential of credentials) simulator.setCredential({ ...credential });
    return done(201, { set: credentials.length });
  },
  'POST /_sim/options': (simulator, request) => {
    const wish = parseInput(v.partial(optionsSchema), readJson(request), 'the options');
    return done(200, simulator.setOptions(wish));
  },
  'POST /_sim/reset': (simulator, request) => {
    simulator.reset(parseInput(resetSchema, readJson(request), 'the body').what);
    return done(200, {});
  },
};

/** The API by which people and other processes drive the simulator. Its answers hold no secret. */
export function answerControl(simulator: Inside, request: RawRequest): Reply {
  const handler = HANDLERS[`${request.method} ${request.path}`];
  if (!handler) return done(404, { error: `expected one of: ${Object.keys(HANDLERS).join(', ')}` });
  try {
    return handler(simulator, request);
  } catch (error) {
    if (error instanceof ScenarioError || error instanceof RangeError) return done(400, { error: error.message });
    throw error;
  }
}

/** Takes one thing, or many under a name: `{…}` or `{"jobs": [{…}, {…}]}`. */
function parseOneOrMany<TSchema extends v.GenericSchema>(
  schema: TSchema,
  name: string,
  value: unknown,
): v.InferOutput<TSchema>[] {
  const isMany = typeof value === 'object' && value !== null && name in value;
  if (!isMany) return [parseInput(schema, value, 'the body')];
  const many = v.strictObject({ [name]: v.pipe(v.array(schema), v.maxLength(100_000)) });
  return parseInput(many, value, 'the body')[name] ?? [];
}

/** Undefined for an empty body. */
function readJson(request: RawRequest): unknown {
  const text = request.body.toString('utf8');
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ScenarioError('the body: expected JSON', { cause: error });
  }
}

function done(status: number, value: unknown): Reply {
  return jsonReply(status, value, 'control');
}
