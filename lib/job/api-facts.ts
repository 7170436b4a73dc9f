/** What can be said about an api without asking it: enough to check a watch message. */
export interface ApiFacts {
  readonly api: string;
  /** The cloud whose accounts it takes. */
  readonly cloud: string;
  /** Whether a job of this api is only known together with a project id. */
  readonly needsProject: boolean;
  /** False: it has no regions, so a message names none or `global`. Absent: a job is only known in its region. */
  readonly needsRegion?: boolean;
  /** Its ids are whole numbers, written without a sign or leading zeros. */
  readonly hasNumericIds?: boolean;
  /** Absent: where it shows a job's resource is not known, or can't be told from a job alone. */
  readonly vendorConsole?: VendorConsole;
  /** How the cloud's keys look, as sources of regular expressions: no field of a message may hold such a text. */
  readonly keyShapes?: readonly string[];
}

/** Pages of the vendor's own console, with `{region}` and `{resource}` in their URLs. */
export interface VendorConsole {
  /** All resources of the kind. */
  readonly list: string;
  /** One of them. `ids`: a regular expression of its id, for a job may be about something else. */
  readonly one?: { readonly ids: string; readonly url: string };
}

/** What is known about each api, by its name. */
export type ApiTable = ReadonlyMap<string, ApiFacts>;
