import { errorText } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';

const COLUMNS: readonly (readonly [name: string, value: (job: Job) => string | null])[] = [
  ['id', ({ id }) => id],
  ['api', ({ api }) => api],
  ['account', ({ account }) => account],
  ['region', ({ region }) => region],
  ['projectId', ({ projectId }) => projectId],
  ['jobId', ({ jobId }) => jobId],
  ['operation', ({ detail }) => detail.operation],
  ['phase', ({ phase }) => phase],
  ['vendorStatus', ({ vendorStatus }) => vendorStatus],
  ['submittedAt', ({ submittedAt }) => submittedAt],
  ['endedAt', ({ endedAt }) => endedAt],
  ['error', ({ detail }) => errorText(detail.error)],
  ['labels', ({ labels }) => new URLSearchParams(Object.entries(labels).sort()).toString()],
];

/** One line a job, as RFC 4180 has it. A cell that a spreadsheet would take for a formula begins with an apostrophe. */
export function csvOf(jobs: readonly Job[]): string {
  const lines = [COLUMNS.map(([name]) => name), ...jobs.map((job) => COLUMNS.map(([, value]) => value(job) ?? ''))];
  return lines.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
