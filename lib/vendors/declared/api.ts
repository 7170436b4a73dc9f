import { judgeByTable } from '../../job/judgement.ts';
import type { Observation, Trouble } from '../../job/observation.ts';
import type { Phase } from '../../job/phase.ts';
import { type Batching, pollBatches } from '../kit/batches.ts';
import { encode } from '../kit/canonical.ts';
import type { Api } from '../kit/cloud.ts';
import { type Page, readPages, UNREADABLE } from '../kit/pages.ts';
import { pollSingly } from '../kit/poll.ts';
import { isSpoiled, type RequestResult } from '../kit/request-result.ts';
import { makeResults } from '../kit/results.ts';
import type { BearerAccount } from './account.ts';
import type { BearerClient, BearerGet, BearerSession } from './client.ts';
import type { DeclaredApi, DeclaredCloud } from './declaration.ts';
import { valueAt } from './pointer.ts';
import { idOf, isAskable, readJob } from './read.ts';

const NO_ID: Trouble = { kind: 'malformed', reason: 'the ids of this api are whole numbers' };
const LEFT_OUT: Observation = { kind: 'missing', reason: 'a complete list leaves the id out' };
type Many = NonNullable<DeclaredApi['many']>;

/** The largest that JSON's readers agree upon, and nobody's action. */
const NOBODY = String(Number.MAX_SAFE_INTEGER);

/** What a declaration is worth: an api like any other. */
export function declaredApi(api: DeclaredApi, { pace }: DeclaredCloud): Api<BearerAccount, BearerGet> {
  return {
    api: api.api,
    needsProject: false,
    needsRegion: false,
    hasNumericIds: true,
    pace,
    idOfNoJob: NOBODY,
    grouping: { batchMax: api.many?.idsMax ?? 0, listPageMax: 0 },
    judge: judgeByTable(new Map<string, Phase>(Object.entries(api.words))),
    fill: (client) => async (session, _call, results) => {
      for (const id of results.unseen()) if (!isAskable(id)) results.see(id, NO_ID);
      const { many } = api;
      const pollOne = pollerOf(api, client);
      if (many === undefined) await pollSingly(results, (id) => pollOne(session, id));
      else await pollBatches({ pollOne, pollMany: batcherOf(api, many, client) }, session, results, many.idsMax);
      return null;
    },
  };
}

function pollerOf(api: DeclaredApi, client: BearerClient) {
  return async function pollOne(session: BearerSession, id: string): Promise<Observation> {
    const path = api.one.path.replace('{id}', encode(id));
    const result = await client(session, { path, query: [], about: 'job' });
    if (result.kind !== 'ok') return result;
    const job = valueAt(result.body, api.one.job);
    if (idOf(job, api) !== id) return { kind: 'malformed', reason: 'the answer does not name the job asked for' };
    return readJob(job, api);
  };
}

function batcherOf(api: DeclaredApi, many: Many, client: BearerClient): Batching<BearerAccount>['pollMany'] {
  return async function pollMany(session, ids) {
    const results = makeResults(ids);
    const trouble = await readPages<number>(results, {
      async readPage(next) {
        const page = next ?? 1;
        return readPage(await client(session, listRequest(many, ids, page)), many, page);
      },
      see(job) {
        const id = idOf(job, api);
        if (id !== null) results.see(id, readJob(job, api));
        return id !== null;
      },
    });
    if (trouble !== null && isSpoiled(trouble)) return 'spoiled';
    results.fillRest(trouble ?? LEFT_OUT);
    return results;
  };
}

function listRequest({ path, idParameter, pageSize }: Many, ids: readonly string[], page: number): BearerGet {
  const named = ids.map((id) => [idParameter, id] as const);
  const turned = page === 1 ? [] : [['page', String(page)] as const];
  const sized = [pageSize.parameter, String(pageSize.jobs)] as const;
  return { path, query: [...named, sized, ...turned], about: 'list' };
}

/** A next page is the next number or none: nothing that an answer says is followed. */
function readPage(result: RequestResult, many: Many, number: number): Page<number> | Trouble {
  if (result.kind !== 'ok') return result.kind === 'missing' ? UNREADABLE : result;
  const jobs = valueAt(result.body, many.jobs);
  if (!Array.isArray(jobs)) return UNREADABLE;
  const next = valueAt(result.body, many.nextPage) ?? null;
  const isNumbered = valueAt(result.body, many.nextPage) !== undefined;
  if (next === null) return isNumbered || jobs.length < many.pageSize.jobs ? { kind: 'page', jobs, next } : UNREADABLE;
  return next === number + 1 ? { kind: 'page', jobs, next: number + 1 } : UNREADABLE;
}
