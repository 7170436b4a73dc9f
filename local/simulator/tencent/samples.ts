import type { Sample } from '../cloud.ts';

const ERROR = { message: 'There is no capacity left.' };
const WORDS = { way: 'RUNNING', good: 'SUCCESS', bad: 'FAILED' };
const NUMBERS = { way: '2', good: '0', bad: '1' };
const uuid = (digit: number) => `1e0d6a8f-3c5b-4f0e-9d7a-0000000000${digit}0`;

const ROWS = [
  { ...NUMBERS, product: 'clb', ids: [uuid(1), uuid(2)], resourceId: 'lb-6efswuxa' },
  { ...NUMBERS, product: 'gwlb', ids: [uuid(3), uuid(4)], resourceId: 'gwlb-6efswuxa' },
  { way: 'Processing', good: 'Succeeded', bad: 'Failed', product: 'alb', ids: [uuid(5), uuid(6)], resourceId: 'alb-1' },
  { ...WORDS, product: 'vpc', ids: ['2317501', '2317502'], resourceId: 'vpc-1' },
  { ...WORDS, product: 'eip', ids: ['80001', '80002'], resourceId: 'eip-1' },
  { ...WORDS, product: 'cdb', ids: ['f2fe828c-773af816', 'f2fe828c-773af817'], resourceId: 'cdb-1' },
];

/** Two of each product. */
export const tencentSamples: readonly Sample[] = ROWS.flatMap(({ product, ids, way, good, bad, resourceId }) =>
  (['succeeded', 'failed'] as const).map((outcome, place) => ({
    name: `tencent-${product}-${outcome}`,
    about: way === '2' ? 'a status that is a number' : 'a status that is a word',
    job: {
      api: `tencent.${product}`,
      jobId: ids[place] ?? '',
      resourceId,
      steps: [{ status: way, forSeconds: 6 }, outcome === 'failed' ? { status: bad, error: ERROR } : { status: good }],
    },
    expectedPhase: outcome,
    endsAfterSeconds: 6,
  })),
);
