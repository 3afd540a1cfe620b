import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Frame, Samples } from './samples.js';

/** The original place of a place in a script, both counted from 1; `undefined` where the map knows none. */
type Lookup = (line: number, column: number) => { readonly url: string; readonly line: number; readonly column: number; readonly name: string | undefined } | undefined;

/**
 * Puts frames where they were written: in the sources that the scripts' source maps name. Reads scripts and maps, which
 * takes 50 ms a megabyte of map, so do it where that does no harm.
 */
export function resolveFrames(samples: Samples, lookups: Map<string, Lookup | undefined>): Samples {
  const frames = samples.frames.map((frame): Frame => {
    if (frame.kind !== 'script' || !frame.url.startsWith('file:') || frame.line === 0) return frame;
    if (!lookups.has(frame.url)) lookups.set(frame.url, lookupOf(frame.url));
    const found = lookups.get(frame.url)?.(frame.line, frame.column);
    if (found === undefined) return frame;
    const isUnnamed = frame.name === '(anonymous)' || frame.name.length <= 2; // As minifiers name.
    return { ...frame, url: found.url, line: found.line, column: found.column, name: isUnnamed && found.name ? found.name : frame.name };
  });
  // Lines are those of the script: they say nothing of the source.
  const { lineTicks: _lineTicks, ...rest } = samples;
  return { ...rest, frames };
}

const COMMENT = '//# sourceMappingURL=';
const DATA = /^data:application\/json[^,]*?(;base64)?,/;

function lookupOf(url: string): Lookup | undefined {
  try {
    const text = readFileSync(fileURLToPath(url), 'utf8');
    const at = text.lastIndexOf(COMMENT);
    if (at < 0) return undefined;
    const [place = ''] = text.slice(at + COMMENT.length).trim().split(/[\r\n]/, 1); // Other comments may follow.
    const inline = DATA.exec(place);
    const mapUrl = inline ? url : new URL(place, url).href;
    const json = inline ? Buffer.from(place.slice(inline[0].length), inline[1] ? 'base64' : 'utf8').toString('utf8') : readFileSync(fileURLToPath(mapUrl), 'utf8');
    const payload = JSON.parse(inline && !inline[1] ? decodeURIComponent(json) : json) as ConstructorParameters<typeof SourceMap>[0];
    const map = new SourceMap(payload);
    return (line, column) => {
      const entry = map.findEntry(line - 1, column - 1);
      // A segment may have no source, and a source no name.
      if (!('originalSource' in entry) || typeof (entry.originalSource as unknown) !== 'string' || typeof (entry.originalLine as unknown) !== 'number') return undefined;
      return { url: new URL(rooted(entry.originalSource, payload), mapUrl).href, line: entry.originalLine + 1, column: entry.originalColumn + 1, name: (entry as { readonly name?: string }).name };
    };
  } catch {
    return undefined; // No map, or one that cannot be read: the script's own place is still right.
  }
}

/** Node gives sources as the map names them. */
function rooted(source: string, { sourceRoot, sources }: { readonly sourceRoot?: unknown; readonly sources?: readonly unknown[] }): string {
  if (typeof sourceRoot !== 'string' || sourceRoot === '' || sources?.includes(source) !== true || URL.canParse(source) || source.startsWith('/')) return source;
  return sourceRoot.endsWith('/') ? sourceRoot + source : `${sourceRoot}/${source}`;
}
