import type { Job } from '../../client/responses.ts';
import type { ApiFacts } from '../../lib/job/api-facts.ts';

export interface VendorPage {
  readonly url: string;
  /** It shows the very resource; else all of its kind. */
  readonly isResource: boolean;
}

/** The page of the vendor's console about the job's resource; null: none is known. */
export function vendorPageOf(
  job: Pick<Job, 'api' | 'region' | 'detail'>,
  apis: readonly Pick<ApiFacts, 'api' | 'vendorConsole'>[],
): VendorPage | null {
  const pages = apis.find(({ api }) => api === job.api)?.vendorConsole;
  if (pages === undefined) return null;
  const { resourceId } = job.detail;
  const isResource = pages.one !== undefined && resourceId !== null && new RegExp(pages.one.ids).test(resourceId);
  const template = isResource ? pages.one.url : pages.list;
  const url = template
    .replace('{region}', encodeURIComponent(job.region))
    .replace('{resource}', encodeURIComponent(resourceId ?? ''));
  return { url, isResource };
}
