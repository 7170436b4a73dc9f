import type { History } from '../../client/responses.ts';
import { count, duration, spanText } from '../data/format.ts';
import { useAbsolute } from '../data/zone.ts';
import { pollsText } from './charts.tsx';
import {
  type Bucket,
  badPhasesOf,
  type Delay,
  type Figures,
  jobsHref,
  NOT_DELIVERED,
  pollsOf,
  sumOf,
} from './series.ts';

const HEADS = [
  ...['Ended', 'Failed', 'Detection p50', 'Detection p95', 'Polls per job'],
  ...['Delivered', 'Not delivered', 'Waiting', 'Delivery p50', 'Delivery p95'],
];

/** The same as the charts in numbers, the newest first: for screen readers, keyboards and whoever compares. */
export function HistoryTable({ history }: { readonly history: History }) {
  return (
    <details class="as-table">
      <summary>As a table</summary>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {HEADS.map((name) => (
                <th scope="col" class="number" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {history.buckets.toReversed().map((bucket) => (
              <Row key={bucket.from} bucket={bucket} bad={badPhasesOf(history.total)} />
            ))}
            <tr>
              <th scope="row">All</th>
              <Numbers figures={history.total} bad={badPhasesOf(history.total)} bucket={null} />
            </tr>
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Row({ bucket, bad }: { readonly bucket: Bucket; readonly bad: readonly string[] }) {
  const absolute = useAbsolute();
  return (
    <tr>
      <th scope="row">{spanText(absolute(bucket.from), absolute(bucket.to))}</th>
      <Numbers figures={bucket} bad={bad} bucket={bucket} />
    </tr>
  );
}

interface NumbersProps {
  readonly figures: Figures;
  readonly bad: readonly string[];
  /** null: all of them, which lead nowhere. */
  readonly bucket: Bucket | null;
}

function Numbers({ figures, bad, bucket }: NumbersProps) {
  const { ends, detectionDelay, deliveries, deliveryDelay } = figures;
  const numbers = [
    ...delays(detectionDelay),
    pollsText(pollsOf(figures)),
    count(deliveries['delivered'] ?? 0),
    count(sumOf(deliveries, NOT_DELIVERED)),
    count(deliveries['waiting'] ?? 0),
    ...delays(deliveryDelay),
  ];
  return (
    <>
      <Jobs number={sumOf(ends)} href={bucket === null ? null : jobsHref(bucket)} />
      <Jobs number={sumOf(ends, bad)} href={bucket === null ? null : jobsHref(bucket, bad)} />
      {numbers.map((text, index) => (
        <td class="number" key={index}>
          {text}
        </td>
      ))}
    </>
  );
}

function Jobs({ number, href }: { readonly number: number; readonly href: string | null }) {
  return <td class="number">{number === 0 || href === null ? count(number) : <a href={href}>{count(number)}</a>}</td>;
}

function delays(delay: Delay): readonly string[] {
  return delay === null ? ['–', '–'] : [duration(delay.p50Seconds * 1000), duration(delay.p95Seconds * 1000)];
}
