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
