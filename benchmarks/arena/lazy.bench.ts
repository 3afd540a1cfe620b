import { mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArena } from '@fog/arena';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';

const FILE_BYTES = 256 * 2 ** 20;
const PAGE = 4_096;
/** One page in a hundred. */
const STEP = 100 * PAGE;

function file(): { readonly path: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'fog-arena-'));
  const path = join(folder, 'file');
  const descriptor = openSync(path, 'w');
  const megabyte = Buffer.alloc(2 ** 20, 1);
  for (let at = 0; at < FILE_BYTES; at += megabyte.length) writeSync(descriptor, megabyte);
  closeSync(descriptor);
  return { path, remove: () => rmSync(folder, { recursive: true }) };
}

function touching(load: (path: string) => { readonly bytes: Uint8Array; readonly done: () => void }): () => Subject {
  return () => {
    const { path, remove } = file();
    return {
      run: (iterations) => {
        let sum = 0;
        for (let index = 0; index < iterations; index += 1) {
          const { bytes, done } = load(path);
          for (let at = 0; at < bytes.length; at += STEP) sum += bytes[at] as number;
          done();
        }
        return sum;
      },
      close: remove,
    };
  };
}

const bench: Bench<undefined> = defineBench({
  name: 'arena/lazy',
  title: 'What does the first use of 1 % of a 256 MB file cost?',
  operation: 'load + touch',
  cases: { 'one page in 100': undefined },
  contenders: {
    'arena.lazy': () => {
      const arena = createArena({ backend: 'native' });
      return touching((path) => {
        const object = arena.lazy(path);
        return { bytes: object.u8, done: () => object.close() };
      })();
    },
    readFileSync: () => touching((path) => ({ bytes: readFileSync(path), done: () => undefined }))(),
  },
  reference: 'readFileSync',
  checkIterations: 1,
  rounds: 1,
  targets: (readings) => [{ id: 'readFileSync over arena.lazy', reach: '>= 20', value: readings.cpuNs('readFileSync') / readings.cpuNs('arena.lazy') }],
});

export default bench;
