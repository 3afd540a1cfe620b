#!/usr/bin/env node
/** `fog-arena-map map.json [--text]`: draws what `JSON.stringify(arena.map())` told, as a page or for a terminal. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { RegionMap } from './map.js';
import { renderMapHtml, renderMapText } from './render-map.js';

const USAGE = 'usage: fog-arena-map map.json [--text]   (a file with JSON.stringify(arena.map()), or - for standard input)';

function main(): void {
  const { values, positionals } = parseArgs({ options: { text: { type: 'boolean', default: false } }, allowPositionals: true });
  const [path] = positionals;
  if (path === undefined) throw new Error(USAGE);
  const map = JSON.parse(readFileSync(path === '-' ? 0 : path, 'utf8')) as RegionMap;
  process.stdout.write((values.text ? renderMapText : renderMapHtml)(map));
}

try {
  main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
