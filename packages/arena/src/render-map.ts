import { invalidArgument } from './errors.js';
import type { MapSpan, RegionMap, SpanKind } from './map.js';

const KINDS: readonly SpanKind[] = ['free', 'cached', 'live'];
const GLYPHS: Readonly<Record<SpanKind, string>> = { free: '·', cached: '░', live: '█' };
const COLOURS: Readonly<Record<SpanKind, string>> = { free: '#e8eaed', cached: '#f2c14e', live: '#2f7ed8' };
const COLUMNS = 64;
const ROWS = 24;

/**
 * A picture of the region for a terminal: each glyph is a cell of it, of the kind that most of the cell's bytes have.
 * @param map what `arena.map()` gave, also by way of JSON
 * @param columns an integer ≥ 1
 * @param rows an integer ≥ 1
 * @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT`
 */
export function renderMapText(map: RegionMap, columns: number = COLUMNS, rows: number = ROWS): string {
  checkMap(map);
  for (const [name, count] of Object.entries({ columns, rows })) if (!Number.isSafeInteger(count) || count < 1) throw invalidArgument(name, count, 'an integer ≥ 1');
  const glyphs = cellsOf(map, columns * rows).map((kind) => GLYPHS[kind]);
  const lines = Array.from({ length: Math.ceil(glyphs.length / columns) }, (_, row) => glyphs.slice(row * columns, (row + 1) * columns).join(''));
  return `${heading(map)}\n${lines.join('\n')}\n${KINDS.map((kind) => `${GLYPHS[kind]} ${kind} ${percent(bytesOf(map, kind), map.committedBytes)}`).join('   ')}\n`;
}

/**
 * A page with the region as a strip for each row of it, to scale; spans tell their place when pointed at.
 * @param map what `arena.map()` gave, also by way of JSON
 * @throws {ArenaError} `ERR_ARENA_INVALID_ARGUMENT`
 */
export function renderMapHtml(map: RegionMap): string {
  checkMap(map);
  const rowBytes = Math.max(1, Math.ceil(map.committedBytes / ROWS));
  const pieces = map.spans.flatMap((span) => split(span, rowBytes));
  const rectangles = pieces.map(({ offset, byteLength, kind, blocks }) => {
    const row = Math.floor(offset / rowBytes);
    const x = ((offset - row * rowBytes) / rowBytes) * 1_000;
    return `<rect x="${x.toFixed(2)}" y="${row * 20}" width="${((byteLength / rowBytes) * 1_000).toFixed(2)}" height="18" fill="${COLOURS[kind]}"><title>${kind}: ${byteLength.toLocaleString('en')} bytes at ${offset.toLocaleString('en')}, ${blocks} blocks</title></rect>`;
  });
  const legend = KINDS.map((kind) => `<li><span style="background:${COLOURS[kind]}"></span>${kind}: ${bytesOf(map, kind).toLocaleString('en')} bytes, ${percent(bytesOf(map, kind), map.committedBytes)}</li>`);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escape(map.arena)}</title>
<style>body{font:14px system-ui;margin:2em;color:#222}ul{list-style:none;padding:0;display:flex;gap:2em}span{display:inline-block;width:1em;height:1em;margin-right:.5em;vertical-align:-.1em}svg{width:100%;background:#fff}</style>
<h1>${escape(heading(map))}</h1>
<ul>${legend.join('')}</ul>
<svg viewBox="0 0 1000 ${ROWS * 20}" role="img" aria-label="${escape(heading(map))}">${rectangles.join('')}</svg>
</html>
`;
}

/** It may come from a file. */
function checkMap(map: unknown): void {
  const { arena, committedBytes, spans } = (map ?? {}) as Partial<RegionMap>;
  if (typeof arena !== 'string' || !isBytes(committedBytes) || !Array.isArray(spans) || !spans.every(isSpan)) throw invalidArgument('map', map, 'what arena.map() gave');
}

const isBytes = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isSpan = (span: Partial<MapSpan> | null): boolean => isBytes(span?.offset) && isBytes(span?.byteLength) && isBytes(span?.blocks) && KINDS.includes(span?.kind as SpanKind);

function cellsOf({ spans, committedBytes }: RegionMap, count: number): SpanKind[] {
  const cellBytes = Math.max(1, committedBytes / count);
  const cells: SpanKind[] = [];
  let first = 0;
  for (let from = 0; from < committedBytes && cells.length < count; from += cellBytes) {
    while ((spans[first]?.offset ?? Infinity) + (spans[first]?.byteLength ?? 0) <= from) first += 1;
    const bytes: Record<SpanKind, number> = { free: 0, cached: 0, live: 0 };
    for (let index = first; index < spans.length; index += 1) {
      const span = spans[index] as MapSpan;
      if (span.offset >= from + cellBytes) break;
      bytes[span.kind] += Math.min(span.offset + span.byteLength, from + cellBytes) - Math.max(span.offset, from);
    }
    cells.push(KINDS.reduce((most, kind) => (bytes[kind] > bytes[most] ? kind : most), 'free'));
  }
  return cells;
}

/** A span cut where rows end. */
function split(span: MapSpan, rowBytes: number): MapSpan[] {
  const pieces: MapSpan[] = [];
  for (let offset = span.offset; offset < span.offset + span.byteLength; ) {
    const end = Math.min(span.offset + span.byteLength, (Math.floor(offset / rowBytes) + 1) * rowBytes);
    pieces.push({ ...span, offset, byteLength: end - offset });
    offset = end;
  }
  return pieces;
}

const heading = ({ arena, committedBytes, spans }: RegionMap): string => `${arena}: ${committedBytes.toLocaleString('en')} bytes, ${spans.length} spans`;
const bytesOf = ({ spans }: RegionMap, kind: SpanKind): number => spans.reduce((sum, span) => sum + (span.kind === kind ? span.byteLength : 0), 0);
const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
