import type { HttpResponse } from '../../lib/base/http.ts';
import { NO_MEMORY } from '../../lib/job/judgement.ts';
import { NO_DETAIL } from '../../lib/job/observation.ts';
import { CLOUDS, DECLARED } from '../../lib/vendors/clouds.ts';
import type { Pointer } from '../../lib/vendors/declared/declaration.ts';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import { aCall, aLab, json, NOW_MS, only, poll, text } from './support.ts';
import { VOCABULARIES } from './vocabulary.ts';

/** The whole of what is read from answers, found out by polling: words, codes and shapes of an unknown id, of every api. */

const APIS = [...API_FACTS.values()];
export const ID = '7';

/** A value at a pointer; arrays are not needed. */
function at(pointer: Pointer | '', value: unknown, into: object = {}): unknown {
  const [name, ...rest] = pointer.slice(1).split('/');
  if (name === undefined || name === '') return value;
  const inner = (into as Record<string, object>)[name] ?? {};
  return { ...into, [name]: rest.length === 0 ? value : at(`/${rest.join('/')}`, value, inner) };
}

const DATABASES = new Set(['rds', 'dds', 'gaussdb', 'opengauss', 'geminidb'].map((name) => `huawei.${name}`));
const NUMBERED = new Set(['tencent.clb', 'tencent.gwlb']);

/** The answer of an api that shows job 7 with this word. */
export function answerOf(api: string, word: string): HttpResponse {
  const declared = DECLARED.flatMap(({ apis }) => apis).find((one) => one.api === api);
  if (declared !== undefined)
    return json(at(declared.one.job, at(declared.word, word, at(declared.id, Number(ID)) as object)));
  if (api === 'alibaba.nlb') return json({ Status: word });
  if (api === 'alibaba.alb') return json({ Jobs: [{ Id: ID, Status: word }] });
  if (api === 'huawei.elb.v3') return json({ job: { job_id: ID, status: word } });
  if (api === 'huawei.cce') return json({ metadata: { uid: ID }, status: { phase: word } });
  if (DATABASES.has(api)) return json({ job: { id: ID, status: word } });
  if (api.startsWith('huawei.')) return json({ job_id: ID, status: word });
  if (api === 'tencent.alb') return json({ Response: { Jobs: [{ RequestId: ID, Status: word }] } });
  const status = NUMBERED.has(api) && /^\d+$/.test(word) ? Number(word) : word;
  return json({ Response: { Status: status, Result: status } });
}

/** An error of that code, as the api's cloud writes it. */
export function errorOf(cloud: string, code: string, status: number): HttpResponse {
  const declared = DECLARED.find(({ name }) => name === cloud);
  if (declared !== undefined) return json(at(declared.errorCode, code), status);
  if (cloud === 'alibaba') return json({ Code: code, Message: 'no' }, status);
  if (cloud === 'tencent') return json({ Response: { Error: { Code: code, Message: 'no' } } }, status);
  return json({ error_code: code, error_msg: 'no' }, status);
}

async function observed(api: string, response: HttpResponse): Promise<string> {
  const seen = only(await poll(aLab([response]), aCall(api, [ID])));
  if (seen.kind === 'denied') return `${seen.what} refused`;
  const span = seen.kind === 'missing' ? (seen.believedAfterMs ?? 0) : 0;
  return span === 0 ? seen.kind : `${seen.kind}, after ${span / 1000} s`;
}

/** Every word of every cloud, and some of none. */
export const WORDS: readonly string[] = [
  ...new Set([
    ...[...VOCABULARIES.values()].flatMap(({ words }) => words).filter((word) => /^[\w-]{1,30}$/.test(word)),
    ...[...'0123'],
    ...[
      'CANCEL',
      'ROLLBACK_FAIL',
      'INITIAL',
      'UNDEFINED',
      'PAUSED',
      'KILLED',
      'REMOVED',
      'Pending',
      'Complete',
      'STOP',
    ],
    ...['Zombie', 'done', 'cancelled', 'expired', 'true', 'null'],
  ]),
].sort();

/** What a word means to an api; null: nothing, it is told and polled on. */
export async function phaseOf(api: string, word: string): Promise<string | null> {
  const lab = aLab([answerOf(api, word)]);
  const seen = only(await poll(lab, aCall(api, [ID])));
  if (seen.kind !== 'status') return null;
  const { phase } = lab.vendors
    .get(api)
    ?.judge({ word: seen.word, detail: { ...NO_DETAIL, endedAt: ENDED } }, NO_MEMORY, NOW_MS) ?? {
    phase: null,
  };
  return phase;
}
const ENDED = '2026-11-20T15:00:00.000Z' as const;

const grouped = (rows: readonly (readonly [string, string])[]): string[] =>
  [...Map.groupBy(rows, ([, said]) => said)].map(
    ([said, group]) => `| ${group.map(([api]) => api).join(', ')} | ${said} |`,
  );

async function wordRows(): Promise<string[]> {
  const rows = await Promise.all(
    APIS.map(async ({ api }) => {
      const meant = await Promise.all(WORDS.map(async (word) => [await phaseOf(api, word), word] as const));
      const known = meant.filter(([phase]) => phase !== null);
      const folded = Map.groupBy(known, ([phase]) => phase);
      const cells = [...folded].map(([phase, words]) => {
        const names = [...new Set(words.map(([, word]) => word.toLowerCase()))];
        return `${phase}: ${names.join(', ')}`;
      });
      return [`\`${api}\``, cells.sort().join('; ')] as const;
    }),
  );
  return grouped(rows);
}

/** What most say, then who differs. */
function majority(said: readonly (readonly [string, string])[]): string {
  const kinds = [...Map.groupBy(said, ([, kind]) => kind)].sort(([, a], [, b]) => b.length - a.length);
  return kinds
    .map(([kind, group], place) => (place === 0 ? kind : `${kind}: ${group.map(([api]) => `\`${api}\``).join(', ')}`))
    .join('; ');
}

async function codeRows(): Promise<string[]> {
  const rows: string[] = [];
  for (const { name, faults } of CLOUDS) {
    const apis = APIS.filter(({ cloud }) => cloud === name);
    const listed = faults.flatMap((row) => row.codes.map((code) => code.replace('*', 'X')));
    for (const code of [...new Set(listed), 'not.listed']) {
      const readings: (readonly [number, string])[] = [];
      for (const status of name === 'tencent' ? [200] : [400, 401, 403, 404, 429, 500]) {
        const asked = apis.map(async ({ api }) => [api, await observed(api, errorOf(name, code, status))] as const);
        readings.push([status, majority(await Promise.all(asked))]);
      }
      for (const [said, group] of Map.groupBy(readings, ([, reading]) => reading))
        rows.push(`| ${name} | \`${code}\` | ${group.map(([status]) => status).join(', ')} | ${said} |`);
    }
  }
  return rows;
}

/** How an unknown id may be told, documented or not. */
const SHAPES: readonly (readonly [string, (cloud: string) => HttpResponse])[] = [
  ['HTML, 404', () => text('<html><h1>Not Found</h1></html>', 404)],
  ['nothing, 404', () => text('', 404)],
  ['a gateway’s 404', (cloud) => errorOf(cloud, 'APIGW.0101', 404)],
  ['JSON without a code, 404', () => json({ message: 'not found' }, 404)],
  ['`{code, message}`, 404', () => json({ code: 'itemNotFound', message: 'no' }, 404)],
  ['`{error: {code}}`, 404', () => json({ error: { code: 'itemNotFound', message: 'no' } }, 404)],
  ['`{code, message}`, 200', () => json({ code: 'Common.0011', message: 'Invalid job ID' })],
  ['an empty object, 200', () => json({})],
  ['an empty array, 200', () => json([])],
  ['null, 200', () => json(null)],
  ['empty lists, 200', () => json({ Jobs: [], jobs: [], actions: [], Response: { Jobs: [] } })],
  ['null for the job, 200', () => json({ job: null, action: null, Response: null })],
  ['no content, 204', () => text('', 204)],
];

async function shapeRows(): Promise<string[]> {
  const rows: string[] = [];
  for (const [name, make] of SHAPES) {
    const asked = APIS.map(async ({ api, cloud }) => [api, await observed(api, make(cloud))] as const);
    rows.push(`| ${name} | ${majority(await Promise.all(asked))} |`);
  }
  return rows;
}

export async function printTable(): Promise<string> {
  return [
    '# What answers are read as',
    '',
    'Printed by `test/vendors/table.test.ts`, which polls every api with every word, code and shape below.',
    '',
    '## Words',
    '',
    'Without regard to case. Any other word changes no phase.',
    '',
    '| api | phase: words |',
    '|---|---|',
    ...(await wordRows()),
    '',
    '## Codes',
    '',
    'First what most apis of the cloud make of it, then who differs. `X` stands for any ending.',
    '',
    '| cloud | code | statuses | read as |',
    '|---|---|---|---|',
    ...(await codeRows()),
    '',
    '## Shapes of an unknown id',
    '',
    '| shape | read as |',
    '|---|---|',
    ...(await shapeRows()),
    '',
  ].join('\n');
}
