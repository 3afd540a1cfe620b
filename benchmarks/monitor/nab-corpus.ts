import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where the Numenta Anomaly Benchmark's `data` and `labels` lie; it is not part of this repository. */
const ROOT = process.env['NAB_ROOT'] ?? resolve('..', 'shared', 'data', 'nab');

export interface LabelledSeries {
  readonly name: string;
  readonly values: readonly number[];
  /** First and last sample of each window in which an anomaly is to be found. */
  readonly windows: readonly (readonly [number, number])[];
}

/** Every series of the corpus that is there; none where it is missing. */
export function readCorpus(): LabelledSeries[] {
  if (!existsSync(join(ROOT, 'labels'))) return [];
  const labels = JSON.parse(readFileSync(join(ROOT, 'labels', 'combined_windows.json'), 'utf8')) as Record<string, [string, string][]>;
  const folders = readdirSync(join(ROOT, 'data'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name: folder }) =>
    readdirSync(join(ROOT, 'data', folder)).map((file) => {
      const name = `${folder}/${file}`;
      const rows = readFileSync(join(ROOT, 'data', folder, file), 'utf8').trim().split('\n').slice(1).map((row) => row.split(','));
      const times = rows.map(([time = '']) => toMs(time));
      const windows = (labels[name] ?? []).map(([from, to]) => [times.findIndex((time) => time >= toMs(from)), times.findLastIndex((time) => time <= toMs(to))] as const);
      return { name, values: rows.map(([, value]) => Number(value)), windows };
    }),
  );
}

const toMs = (time: string): number => Date.parse(`${time.replace(' ', 'T')}Z`);
