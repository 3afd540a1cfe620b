import { describe, expect, it } from '@jest/globals';
import { seededRandom, shuffled } from '@fog/testkit';
import fc from 'fast-check';
import { Aggregates } from '../src/readings/aggregates.js';
import { MAX_PROBLEMS, readBatch } from '../src/readings/batch.js';
import { toInstant, type Reading } from '../src/readings/reading.js';

const NOW_MS = Date.UTC(2026, 0, 31, 12);
const read = (text: string, format: 'ndjson' | 'csv' = 'ndjson') => readBatch(Buffer.from(text), format, NOW_MS);

describe('NDJSON', () => {
  it('aggregates by device, metric and minute', () => {
    const rows = [
      { device: 'pump-1', metric: 'temperature', value: 21.5, at: '2026-01-31T12:00:10Z' },
      { device: 'pump-1', metric: 'temperature', value: 20.5, at: '2026-01-31T13:00:40+01:00' },
      { device: 'pump-1', metric: 'temperature', value: 30, at: Date.UTC(2026, 0, 31, 12, 1) },
    ];
    expect(read(rows.map((row) => JSON.stringify(row)).join('\n'))).toEqual({
      accepted: 3,
      problems: [],
      problemsTotal: 0,
      aggregates: [
        { device: 'pump-1', metric: 'temperature', minuteMs: NOW_MS, count: 2, sum: 42, min: 20.5, max: 21.5, last: 20.5, lastAtMs: NOW_MS + 40_000 },
        { device: 'pump-1', metric: 'temperature', minuteMs: NOW_MS + 60_000, count: 1, sum: 30, min: 30, max: 30, last: 30, lastAtMs: NOW_MS + 60_000 },
      ],
    });
  });

  it('takes a reading without a time as taken now', () => {
    expect(read('{"device":"a","metric":"b","value":1}').aggregates[0]).toMatchObject({ lastAtMs: NOW_MS });
  });

  it.each([
    ['{"device":"a","metric":"b","value":"1"}', 'value is "1": expected a finite number'],
    ['{"device":"a","metric":"b","value":1e999}', 'value is Infinity: expected a finite number'],
    ['{"device":"a","metric":"b","value":-1.7e308}', 'value is -1.7e+308: expected a number from -1e+289 to 1e+289'],
    ['{"device":"a","metric":"b"}', 'value is missing: expected a finite number'],
    ['{"device":"","metric":"b","value":1}', /^device is "": expected a name/],
    ['{"device":["a"],"metric":"b","value":1}', /^device is \["a"\]: expected a name/],
    [`{"device":"${'x'.repeat(200)}","metric":"b","value":1}`, /^device is "x{59}…: expected a name/],
    ['{"device":"a","value":1}', /^metric is missing: expected a name/],
    ['{"device":"a","metric":"b","value":1,"at":"yesterday"}', /^at is "yesterday": expected an instant/],
    ['{"device":"a","metric":"b","value":1,"at":-1}', /^at is -1: expected an instant/],
    ['{"device":"a","metric":"b","value":1,"unit":"K"}', /^unit is not a field of a reading/],
    ['[1]', 'the row is not a JSON object'],
    ['null', 'the row is not a JSON object'],
    ['{"device":', /^the row is not JSON: /],
    ['\u0000\u0001', /^the row is not JSON: /],
  ])('refuses the batch for %s', (row, message) => {
    const batch = read(`{"device":"a","metric":"b","value":1}\n\n${row}\n`);
    expect(batch).toMatchObject({ accepted: 0, aggregates: [], problemsTotal: 1 });
    expect(batch.problems).toEqual([{ line: 3, message: typeof message === 'string' ? message : expect.stringMatching(message) }]);
  });

  it('refuses a batch of nothing', () => {
    expect(read('\n \r\n').problems).toEqual([{ line: 1, message: 'there is no reading in the body' }]);
  });

  it('counts every problem and names the first ones', () => {
    const batch = read('x\n'.repeat(100));
    expect(batch.problemsTotal).toBe(100);
    expect(batch.problems.map(({ line }) => line)).toEqual(Array.from({ length: MAX_PROBLEMS }, (_, index) => index + 1));
  });
});

describe('CSV', () => {
  it('reads columns in any order, quoted fields and a byte order mark', () => {
    const batch = read('\uFEFFvalue,"device",at,metric\r\n-1.5e2,"pump-1",2026-01-31T12:00:10Z,x\r\n7,pump-1,,x\r\n', 'csv');
    expect(batch.problems).toEqual([]);
    expect(batch.aggregates).toMatchObject([{ device: 'pump-1', metric: 'x', count: 2, sum: -143, min: -150, max: 7, last: -150 }]);
  });

  it.each([
    ['device,metric,value,value\na,m,1,2\n', { line: 1, message: 'the column "value" is there twice' }],
    ['device,metric,value\na,b,warm', { line: 2, message: 'value is "warm": expected a finite number' }],
    ['device,metric,value\na,b,', { line: 2, message: 'value is "": expected a finite number' }],
    ['device,metric,value\na,b,0x10', { line: 2, message: 'value is "0x10": expected a finite number' }],
    ['device,metric,value\na,b,1,9', { line: 2, message: expect.stringMatching(/^the text is not CSV: .*(Invalid Record Length)/) }],
    ['device,metric\na,b', { line: 2, message: 'value is missing: expected a finite number' }],
    ['device,metric,value,unit\na,b,1,K', { line: 2, message: expect.stringMatching(/^unit is not a field/) }],
    ['device,metric,value\n"a,b,1', { line: 2, message: expect.stringMatching(/^the text is not CSV: Quote Not Closed/) }],
    ['device,metric,value', { line: 1, message: 'there is no reading in the body' }],
  ])('refuses the batch for %j', (text, problem) => {
    expect(read(text, 'csv')).toMatchObject({ accepted: 0, problemsTotal: 1, problems: [problem] });
  });
});

it('quotes no more of a body than helps, and stands any number of columns', () => {
  const { problems } = read(`${'x'.repeat(100_000)}\n1\n2`, 'csv');
  expect(problems.map(({ message }) => message.length)).toEqual([301, 301]);
  const columns = Array.from({ length: 100_000 }, (_, index) => `c${index}`).join();
  expect(read(`${columns},c5`, 'csv').problems[0]).toEqual({ line: 1, message: 'the column "c5" is there twice' });
});

it('names every row of a CSV that is none, not only the first of another length', () => {
  const { problemsTotal, problems } = read('device,metric,value\na,b,1,9\n,b,1\na,b\na,b,x\na,b,1', 'csv');
  expect([problemsTotal, problems.map(({ line }) => line)]).toEqual([4, [2, 3, 4, 5]]);
});

it('gives the same aggregates whatever the order of rows', () => {
  const random = seededRandom(1);
  const readings = Array.from({ length: 500 }, (_, index): Reading => ({ device: `d${Math.floor(random() * 3)}`, metric: `m${Math.floor(random() * 3)}`, value: Math.floor(random() * 1_000), atMs: index * 1_000 }));
  const aggregate = (rows: readonly Reading[]) => {
    const aggregates = new Aggregates();
    for (const row of rows) aggregates.add(row);
    return aggregates.toArray();
  };
  expect(aggregate(shuffled(readings, { seed: 2 }))).toEqual(aggregate(readings));
  const total = aggregate(readings).reduce((sum, { count }) => sum + count, 0);
  expect(total).toBe(500);
});

it('never throws, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.string().map((text) => Buffer.from(text)), fc.json().map((text) => Buffer.from(text))), fc.constantFrom('ndjson', 'csv'), (bytes, format) => {
      const { accepted, problems } = readBatch(bytes, format, NOW_MS);
      return accepted > 0 ? problems.length === 0 : problems.length > 0;
    }),
    { seed: 1, numRuns: 500 },
  );
});

it.each([
  ['2026-01-31T12:00:00Z', NOW_MS],
  ['2026-01-31T12:00Z', NOW_MS],
  ['2026-01-31T14:00:00.000+02:00', NOW_MS],
  [NOW_MS + 0.9, NOW_MS],
  ['2026-01-31', undefined],
  ['2026-01-31T12:00:00', undefined],
  ['2026-13-31T12:00:00Z', undefined],
  ['2026-02-30T12:00:00Z', undefined],
  ['2028-02-29T12:00:00Z', Date.UTC(2028, 1, 29, 12)],
  [Number.NaN, undefined],
  [1e300, undefined],
  [true, undefined],
])('takes %j as the instant %p', (at, expected) => {
  expect(toInstant(at)).toBe(expected);
});
