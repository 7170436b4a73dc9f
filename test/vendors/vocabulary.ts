import { CLOUDS, DECLARED } from '../../lib/vendors/clouds.ts';
import type { DeclaredCloud } from '../../lib/vendors/declared/declaration.ts';

/** Each cloud's own names of fields and words: garbage made of anything else would find nothing in its readers. */
export interface Vocabulary {
  readonly names: readonly string[];
  readonly words: readonly string[];
}

const NATIVE: Readonly<Record<string, Vocabulary>> = {
  alibaba: {
    names: ['Jobs', 'Status', 'Id', 'Code', 'NextToken', 'CreateTime', 'ModifyTime', 'ErrorCode', 'ResourceId'],
    words: ['Succeeded', 'Failed', 'Processing'],
  },
  huawei: {
    names: [
      ...['job', 'jobs', 'status', 'job_id', 'error_code', 'error_msg', 'error', 'code', 'message', 'sub_jobs'],
      ...[
        'entities',
        'page_info',
        'next_marker',
        'begin_time',
        'end_time',
        'fail_reason',
        'sub_jobs_result',
        'results',
      ],
      ...['id', 'name', 'created', 'ended', 'instance', 'metadata', 'uid', 'spec', 'subJobs', 'phase'],
    ],
    words: [
      ...['INIT', 'RUNNING', 'SUCCESS', 'FAIL', 'COMPLETE', 'ROLLBACKING', 'PENDING_PAYMENT', 'waiting', 'Completed'],
      ...['Failed', 'Initializing', 'APIGW.0301', 'APIG.0101', 'Common.0011', 'Common.0024', 'IAM.0003', 'ELB.1'],
    ],
  },
  tencent: {
    names: ['Response', 'Error', 'Code', 'RequestId', 'Result', 'TaskId', 'Message', 'Status', 'Jobs', 'NextToken'],
    words: ['SUCCESS', 'FAILED', 'RUNNING', 'Processing', 'Succeeded', 'Failed', 'ResourceNotFound'],
  },
};

/** A declaration names all that its engine looks at. */
function ofDeclared({ apis, errorCode }: DeclaredCloud): Vocabulary {
  const pointers = JSON.stringify([errorCode, apis]).match(/"(?:\/[a-z_0-9{}]+)+"/gi) ?? [];
  const names = pointers.flatMap((pointer) => pointer.slice(2, -1).split('/'));
  return { names, words: apis.flatMap(({ words }) => Object.keys(words)) };
}

/** By cloud, with the codes of its table of faults. */
export const VOCABULARIES: ReadonlyMap<string, Vocabulary> = new Map(
  CLOUDS.map(({ name, faults }) => {
    const declared = DECLARED.find((cloud) => cloud.name === name);
    const own = declared === undefined ? NATIVE[name] : ofDeclared(declared);
    if (own === undefined) throw new Error(`${name} has no vocabulary: garbage would be blind for it`);
    const codes = faults.flatMap((row) => row.codes.map((code) => code.replace('*', 'X')));
    return [name, { names: [...new Set(own.names)], words: [...new Set([...own.words, ...codes])] }] as const;
  }),
);
