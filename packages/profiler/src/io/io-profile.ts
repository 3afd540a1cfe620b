import type { Samples } from '../samples.js';
import type { Latency } from './latency.js';
import type { IoKind } from './operation.js';
import type { ProcessIo } from './process-io.js';

/** The functions of the program that asked, as indices of the `frames` of {@link IoProfile.sites}; where operations of theirs were sampled. */
export interface IoAskers {
  /** Who waited longest in all. */
  readonly waitedBy?: number | undefined;
  /** Who moved the most bytes. */
  readonly movedBy?: number | undefined;
}

/** What was read from and written to a file or a host. */
export interface IoTarget extends IoAskers {
  readonly kind: IoKind;
  /** A file's path; a host and port; `clients of :8080` together for who connected to this program. */
  readonly name: string;
  readonly operations: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Of operations that held the thread: how many, and how long together. */
  readonly syncOperations: number;
  readonly syncMs: number;
  /** Of those that somebody waited for. */
  readonly latency: Latency;
  /** Of these, how many began as another had just answered: all but the first of a loop that awaits each, none of what was asked for together. */
  readonly followed: number;
  /** The longest row of operations in which each began when the one before had answered, and how long it took together. */
  readonly longestRow: number;
  readonly longestRowMs: number;
}

export interface IoTotals extends IoAskers {
  readonly operations: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly syncMs: number;
  readonly latency: Latency;
  /** Most bytes in one second, read and written. */
  readonly peakBytesPerSecond: number;
  /** As of a target, whatever they were done to. */
  readonly longestRow: number;
  readonly longestRowMs: number;
}

/** Bytes moved in one slice of the recording. */
export interface IoSlice {
  readonly diskBytes: number;
  readonly networkBytes: number;
}

export interface IoProfile {
  readonly disk: IoTotals;
  readonly network: IoTotals;
  /** The busiest first, at most a thousand; what was done to others is summed up in the last one, `(others)`. */
  readonly targets: readonly IoTarget[];
  /** Bytes by the stacks that asked for them, from sampled operations. The values: samples, waited, transferred. */
  readonly sites: Samples;
  readonly sliceMs: number;
  readonly slices: readonly IoSlice[];
  /** HTTP requests that this process was sent meanwhile, by the port of its server. */
  readonly requests: readonly { readonly port: number; readonly count: number }[];
  /** How long until the first of them, and the synchronous operations by then: a program starts, and nobody waits yet. 0 without requests. */
  readonly beforeRequests: { readonly durationMs: number; readonly syncOperations: number; readonly syncMs: number };
  /** What the kernel counted for the whole process meanwhile, which includes what cannot be seen from JavaScript. */
  readonly process: ProcessIo | undefined;
  /** Share of the kernel's bytes that no operation accounts for, 0…1. */
  readonly unattributedRatio: number | undefined;
}
