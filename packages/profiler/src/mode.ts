/** What a recording is of, in one word. */
export type ProfilingMode = 'CPU' | 'MEMORY' | 'IO' | 'ALL';

/** The sources that a mode turns on. */
export interface Sources {
  readonly cpu: boolean;
  readonly memory: boolean | 'live';
  readonly io: boolean;
  readonly promises: boolean;
}

const NOTHING: Sources = { cpu: false, memory: false, io: false, promises: false };

export const SOURCES: Readonly<Record<ProfilingMode, Sources>> = {
  CPU: { ...NOTHING, cpu: true },
  MEMORY: { ...NOTHING, memory: true },
  IO: { ...NOTHING, io: true },
  ALL: { cpu: true, memory: true, io: true, promises: true },
};
