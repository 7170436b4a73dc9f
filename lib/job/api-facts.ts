/** A cloud whose accounts an api takes. */
export type CloudName = 'alibaba' | 'huawei';

/** What can be said about an api without calling it: enough to check a watch message. */
export interface ApiFacts {
  readonly api: string;
  readonly cloud: CloudName;
  /** Whether a job of this api is only known together with a project id. */
  readonly needsProject: boolean;
}

/** What is known about each api, by its name. */
export type ApiTable = ReadonlyMap<string, ApiFacts>;
