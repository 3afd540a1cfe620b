import { expect, it } from '@jest/globals';
import { Row } from '../../src/io/row.js';

it('counts operations of which each began when the one before had answered', () => {
  const row = new Row();
  for (const beganMs of [0, 10, 20]) row.add(beganMs, beganMs + 9.5);
  expect([row.longest, row.longestMs]).toEqual([3, 29.5]);
});

it('begins again after a pause, and where two are under way at once', () => {
  const row = new Row();
  row.add(0, 5);
  row.add(5, 10);
  row.add(100, 105); // Something else was waited for.
  row.add(103, 108); // Two at once.
  row.add(108, 110);
  expect([row.longest, row.longestMs]).toEqual([2, 10]);
});

it('goes on where a few are late, as the process waits for a core, and counts none of that time', () => {
  const row = new Row();
  let atMs = 0;
  const add = (gapMs: number) => {
    row.add(atMs + gapMs, atMs + gapMs + 1);
    atMs += gapMs + 1;
  };
  for (let operation = 0; operation < 40; operation += 1) add(operation === 20 || operation === 39 ? 50 : 0);
  expect([row.longest, row.longestMs]).toEqual([39, 39]); // The second one is too many.
  for (let operation = 0; operation < 50; operation += 1) add(operation === 30 ? 200 : 0); // No core is waited for so long.
  expect([row.longest, row.longestMs]).toEqual([39, 39]);
});
