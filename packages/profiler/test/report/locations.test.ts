import { expect, it } from '@jest/globals';
import { shortLocations } from '../../src/report/locations.js';

const short = (urls: string[]) => [...shortLocations(urls).values()];

it('shows paths from the folder on that all scripts share, dependencies from their package on', () => {
  expect(
    short([
      'file:///home/ann/shop/src/main.js',
      'file:///home/ann/shop/src/db/query.js',
      '/home/ann/shop/lib/legacy.cjs',
      'file:///home/ann/shop/node_modules/pg/lib/client.js',
      'file:///usr/lib/node_modules/npm/node_modules/semver/index.js',
      'node:internal/timers',
    ]),
  ).toEqual(['src/main.js', 'src/db/query.js', 'lib/legacy.cjs', 'pg/lib/client.js', 'semver/index.js', 'node:internal/timers']);
});

it('does so with spaces, one script alone, folders with a common beginning, and on Windows', () => {
  expect(short(['file:///a/my%20app/x.js'])).toEqual(['x.js']);
  expect(short(['file:///srv/app/x.js', 'file:///srv/app-two/y.js'])).toEqual(['app/x.js', 'app-two/y.js']);
  expect(short(['file:///C:/work/a/x.js', 'C:\\work\\b\\y.js'])).toEqual(['a/x.js', 'b/y.js']);
  expect(short([])).toEqual([]);
});

it('shows neither the text of data: scripts nor query strings, and survives what is no URL', () => {
  expect(short(['data:text/javascript,secret', 'https://cdn.test/a.js?token=secret#x', 'file://%zz/b.js', 'evalmachine.<anonymous>'])).toEqual([
    'data:', 'https://cdn.test/a.js', expect.any(String), 'evalmachine.<anonymous>',
  ]);
});
