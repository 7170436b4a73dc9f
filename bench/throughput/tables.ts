import { markdown, short } from '../delay/tables.ts';
import type { Done } from './child.ts';
import type { Kind } from './crowd.ts';
import type { Measured } from './watched.ts';

type All = readonly (readonly [Kind, Measured])[];

export function kindTable(all: All): string {
  const head = ['poll', 'polls a second', 'floor', '÷ floor', 'CPU ms per poll', 'floor', 'floor ÷ watch'];
  const rows = all.map(([{ name }, { watch, floor }]) => {
    const [rate, floorRate] = [perSecond(watch), floor && perSecond(floor)];
    const [cpu, floorCpu] = [cpuPerPoll(watch), floor && cpuPerPoll(floor)];
    return [
      name,
      short(rate),
      short(floorRate),
      short(floorRate && rate / floorRate),
      short(cpu),
      short(floorCpu),
      short(floorCpu && floorCpu / cpu),
      short(watch.hostCpuMs / watch.polls),
      short(watch.databaseCpuMs / watch.polls),
    ];
  });
  return markdown([...head, 'CPU ms of queue and vendors', 'of the database'], rows);
}

/** One row for each kind of request. */
export function requestTable(all: All): string {
  const kinds = [...new Set(all.flatMap(([, { watch }]) => Object.keys(watch.requests)))].toSorted();
  const rows = kinds.map((kind) => [kind, ...all.map(([, { watch }]) => requests(watch.requests[kind] ?? 0))]);
  rows.push(['bytes of the record', ...all.map(([, { watch }]) => String(watch.recordBytes))]);
  return markdown(['', ...all.map(([{ name }]) => name)], rows);
}

export function otherTable(ways: readonly (readonly [string, Done | undefined])[]): string {
  const known = ways.flatMap(([name, done]) => (done === undefined ? [] : [[name, done] as const]));
  const reference = known[0]?.[1];
  const rows = known.map(([name, done]) => [
    name,
    String(done.polls),
    short(perSecond(done)),
    short(cpuPerPoll(done)),
    short(reference && cpuPerPoll(done) / cpuPerPoll(reference)),
  ]);
  return markdown(['', 'polls', 'polls a second', 'CPU ms per poll', '÷ watch'], rows);
}

export function sizeTable(bySize: readonly (readonly [number, Done & { readonly peakMb: number }])[]): string {
  const rows = bySize.map(([size, done]) => [
    String(size),
    short(done.wallMs / 1000),
    short(done.wallMs / done.polls),
    short(cpuPerPoll(done)),
    short(done.peakMb),
  ]);
  return markdown(['jobs', 'seconds', 'ms per job', 'CPU ms per job', 'most memory MB'], rows);
}

function perSecond({ polls, wallMs }: Done): number {
  return (polls * 1000) / wallMs;
}

function cpuPerPoll({ polls, cpuMs }: Done): number {
  return cpuMs / polls;
}

function requests(value: number): string {
  return value === 0 ? '0' : value.toFixed(4);
}
