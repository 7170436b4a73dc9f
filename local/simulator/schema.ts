import * as v from 'valibot';
import { API_FACTS } from '../../lib/vendors/registry.ts';

/** The apis whose jobs the simulator keeps. */
export const JOB_APIS: readonly string[] = [...API_FACTS.keys()];
/** Everything that a request can be addressed to: the job apis and Huawei's login. */
export const CALL_APIS: readonly string[] = [...JOB_APIS, 'huawei.iam'];

export const text = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const optionalText = v.optional(text);
const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(604_800));
const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));
const apis = v.optional(v.array(v.picklist(JOB_APIS)), []);

const errorPair = v.strictObject({ code: v.optional(v.string(), ''), message: v.optional(v.string(), '') });

const subJob = v.strictObject({
  jobId: text,
  status: text,
  operation: optionalText,
  resourceId: optionalText,
  error: v.optional(errorPair),
  entities: v.optional(v.array(v.strictObject({ id: text, type: text })), []),
});

const step = v.strictObject({
  /** The vendor's word, sent as it stands here. */
  status: text,
  /** The step ends after so many seconds, or so many answers that showed it, whichever comes first. */
  forSeconds: v.optional(seconds),
  forPolls: v.optional(count),
  error: v.optional(errorPair),
  subJobs: v.optional(v.array(subJob), []),
  /** What NLB's GetJobStatus says instead of `status`. */
  singleStatus: optionalText,
  /** Whether Huawei's `end_time` is filled in; by default only in the last step. */
  ended: v.optional(v.boolean()),
});

export const jobSchema = v.pipe(
  v.strictObject({
    api: v.picklist(JOB_APIS),
    jobId: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
    projectId: optionalText,
    /** If set, only credentials with the same owner see the job. */
    owner: optionalText,
    operation: optionalText,
    operateType: optionalText,
    resourceId: optionalText,
    resourceType: optionalText,
    /** Huawei v1.0 only. */
    entities: v.optional(v.record(v.string(), v.unknown())),
    variant: v.optional(v.picklist(['full', 'minimal']), 'full'),
    /** What starts the clock of the job: being added, or the first request that could show it. */
    startsOn: v.optional(v.picklist(['added', 'firstPoll']), 'added'),
    appearsAfterSeconds: v.optional(seconds, 0),
    vanishesAfterSeconds: v.optional(seconds),
    steps: v.pipe(v.array(step), v.minLength(1), v.maxLength(100)),
  }),
  v.forward(
    v.partialCheck(
      [['api'], ['projectId']],
      (job) => API_FACTS.get(job.api)?.needsProject === (job.projectId !== undefined),
      'required for apis with projects, refused for others',
    ),
    ['projectId'],
  ),
  v.forward(
    v.partialCheck(
      [['steps']],
      (job) => job.steps.every((one, index) => isTimed(one) === index < job.steps.length - 1),
      'every step but the last needs forSeconds or forPolls, and the last may have neither',
    ),
    ['steps'],
  ),
);

/** What the credentials of every cloud may have; a cloud's own fields stand in its folder. */
export const credentialFields = { owner: optionalText, deniedApis: apis };
export const keyPairFields = {
  accessKeyId: text,
  accessKeySecret: text,
  securityToken: optionalText,
  /** ISO 8601; later requests with the token are told that it has expired. */
  securityTokenExpiresAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
};

/** Who may call, as the keyring keeps it. */
export interface Credential {
  readonly vendor: string;
  /** Sees the jobs of the same owner, beside those of nobody. */
  readonly owner?: string | undefined;
  readonly deniedApis: readonly string[];
}
export type CredentialSpec = Readonly<Record<string, unknown>> & { readonly vendor: string };

export const optionsSchema = v.strictObject({
  /** What an NLB batch with an unknown id answers: the others, or 404 for the whole call. */
  nlbUnknownIds: v.optional(v.picklist(['leaveOut', 'refuseAll']), 'leaveOut'),
  nlbTotalCount: v.optional(v.picklist(['string', 'number']), 'string'),
  albLastToken: v.optional(v.picklist(['empty', 'absent', 'null']), 'empty'),
  maxJobIds: v.optional(count, 20),
  signatureMismatchStatus: v.optional(v.picklist([400, 403]), 400),
  huaweiUnknownJob: v.optional(v.picklist(['elb', 'classic', 'plain', 'gateway', 'html', 'common']), 'elb'),
  /** The same for the services that share a job service. */
  huaweiUnknownServiceJob: v.optional(
    v.picklist(['common', 'classic', 'plain', 'gateway', 'html', 'inside']),
    'common',
  ),
  /** The code that an unknown task of Tencent's CLB and GWLB is answered with. */
  tencentUnknownTask: v.optional(
    v.picklist(['FailedOperation', 'InternalError', 'InvalidParameter', 'ResourceNotFound']),
    'InvalidParameter',
  ),
  /** Calls that a bearer token has at most; absent: as many as its cloud documents. */
  bearerCallsMax: v.optional(count),
  /** Hetzner's `meta` beside a list: its own page shows none. */
  hetznerMeta: v.optional(v.picklist(['full', 'absent']), 'full'),
  repeatedJobId: v.optional(v.picklist(['first', 'all', 'refuse']), 'first'),
  v3RunningEndTime: v.optional(v.picklist(['empty', 'absent', 'null']), 'empty'),
  skewSeconds: v.optional(seconds, 900),
  lockAfterFailures: v.optional(count, 5),
  lockSeconds: v.optional(seconds, 300),
  tokenSeconds: v.optional(seconds, 86_400),
  seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 1),
});

export type JobSpec = v.InferInput<typeof jobSchema>;
export type Job = v.InferOutput<typeof jobSchema>;
export type Step = v.InferOutput<typeof step>;
export type SubJobSpec = v.InferOutput<typeof subJob>;
export type Options = v.InferOutput<typeof optionsSchema>;
export type OptionsSpec = v.InferInput<typeof optionsSchema>;

function isTimed(one: { forSeconds?: number | undefined; forPolls?: number | undefined }): boolean {
  return one.forSeconds !== undefined || one.forPolls !== undefined;
}
