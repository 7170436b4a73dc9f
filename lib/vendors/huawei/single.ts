import { judgeByTable } from '../../job/judgement.ts';
import type { Phase } from '../../job/phase.ts';
import type { Query } from '../kit/canonical.ts';
import type { Api } from '../kit/cloud.ts';
import { pollSingly } from '../kit/poll.ts';
import type { HuaweiAccount } from './account.ts';
import type { HuaweiGet } from './client.ts';
import { type JobPlace, readSingle } from './job.ts';
import type { HuaweiService } from './service.ts';

/** An api that is asked for one job at a time, as data. */
export interface SingleApi extends JobPlace {
  readonly api: string;
  readonly service: HuaweiService;
  /** The vendor's words in lower case. */
  readonly statuses: ReadonlyMap<string, Phase>;
  /** Both before encoding. */
  readonly request: (projectId: string, jobId: string) => { readonly path: string; readonly query: Query };
}

export function singleApi(row: SingleApi): Api<HuaweiAccount, HuaweiGet> {
  const { api, service, statuses, request } = row;
  return {
    api,
    needsProject: true,
    grouping: { batchMax: 0, listPageMax: 0 },
    judge: judgeByTable(statuses),
    fill: (client) => async (session, _call, results) => {
      const projectId = session.scope.projectId ?? '';
      await pollSingly(results, async (jobId) => {
        const get: HuaweiGet = { service, projectId, ...request(projectId, jobId), about: 'job' };
        return readSingle(await client(session, get), jobId, row);
      });
      return null;
    },
  };
}
