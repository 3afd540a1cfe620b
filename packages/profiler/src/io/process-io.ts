import { readFileSync } from 'node:fs';

/** What the kernel counts for the process: all its threads, all kinds of files. */
export interface ProcessIo {
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Of these, what the disk itself had to deliver or take. */
  readonly diskReadBytes: number;
  readonly diskWrittenBytes: number;
}

/** `/proc/self/io`; `undefined` where there is none, or it may not be read. https://man7.org/linux/man-pages/man5/proc_pid_io.5.html */
export function readProcessIo(read: (path: string) => string = (path) => readFileSync(path, 'utf8')): ProcessIo | undefined {
  let text: string;
  try {
    text = read('/proc/self/io');
  } catch {
    return undefined;
  }
  const fields = new Map(Array.from(text.matchAll(/^(\w+): (\d+)$/gm), ([, name, value]) => [name, Number(value)]));
  const [readBytes, writtenBytes, diskReadBytes, diskWrittenBytes] = ['rchar', 'wchar', 'read_bytes', 'write_bytes'].map((name) => fields.get(name));
  if (readBytes === undefined || writtenBytes === undefined) return undefined;
  return { readBytes, writtenBytes, diskReadBytes: diskReadBytes ?? 0, diskWrittenBytes: diskWrittenBytes ?? 0 };
}

export function since(before: ProcessIo | undefined, after: ProcessIo | undefined): ProcessIo | undefined {
  if (before === undefined || after === undefined) return undefined;
  return {
    readBytes: after.readBytes - before.readBytes,
    writtenBytes: after.writtenBytes - before.writtenBytes,
    diskReadBytes: after.diskReadBytes - before.diskReadBytes,
    diskWrittenBytes: after.diskWrittenBytes - before.diskWrittenBytes,
  };
}
