import { expect, it } from '@jest/globals';
import { readProcessIo, since } from '../../src/io/process-io.js';

it('reads what the kernel counts, and nothing where it does not', () => {
  const text = 'rchar: 100\nwchar: 20\nsyscr: 5\nsyscw: 2\nread_bytes: 8\nwrite_bytes: 4\ncancelled_write_bytes: 0\n';
  expect(readProcessIo(() => text)).toEqual({ readBytes: 100, writtenBytes: 20, diskReadBytes: 8, diskWrittenBytes: 4 });
  expect(readProcessIo(() => 'something else')).toBeUndefined();
  const refused = () => {
    throw new Error('EACCES');
  };
  expect(readProcessIo(refused)).toBeUndefined();
  const reading = { readBytes: 1, writtenBytes: 2, diskReadBytes: 3, diskWrittenBytes: 4 };
  expect(since(reading, { readBytes: 11, writtenBytes: 22, diskReadBytes: 33, diskWrittenBytes: 44 })).toEqual({ readBytes: 10, writtenBytes: 20, diskReadBytes: 30, diskWrittenBytes: 40 });
  expect(since(undefined, reading)).toBeUndefined();
});
