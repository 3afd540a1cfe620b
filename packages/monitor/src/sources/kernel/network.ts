import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Recorder } from '../../registry.js';
import type { Series } from '../../series.js';
import { larger, plus } from '../missing.js';
import type { Source } from '../source.js';
import { DeviceTable, type Device } from './device-table.js';
import type { KernelFile, KernelFiles } from './kernel-files.js';
import { malformed } from './malformed.js';
import { Rate } from './rate.js';
import type { Scanner } from './scanner.js';

const BYTES_PER_MEGABIT = 125_000;
/** Words between one number read and the next: bytes packets errors | drop fifo frame compressed multicast | bytes packets errors. */
const GAP_TO_ERRORS = 1;
const GAP_TO_TRANSMIT = 5;

/** Sums over all interfaces, and the utilization of the busiest; NaN while none has any. */
interface Totals {
  receive: number;
  transmit: number;
  errors: number;
  utilization: number;
}

/** Network traffic as rates, of each interface and in total, from `/proc/net/dev`. */
export class NetworkIo implements Source {
  readonly name = 'linux network';
  readonly #file: KernelFile;
  readonly #recorder: Recorder;
  readonly #interfaces: DeviceTable<Interface>;
  readonly #totals: Totals = { receive: 0, transmit: 0, errors: 0, utilization: Number.NaN };
  readonly #receive: Series;
  readonly #transmit: Series;
  readonly #errors: Series;
  readonly #utilization: Series;

  constructor(files: KernelFiles, recorder: Recorder) {
    // `net` is a link to `self/net`: the interfaces of this process's network namespace.
    this.#file = files.proc('net/dev');
    this.#recorder = recorder;
    this.#receive = recorder.open('network.io.receive');
    this.#transmit = recorder.open('network.io.transmit');
    this.#errors = recorder.open('network.errors');
    this.#utilization = recorder.open('network.utilization');
    this.#interfaces = new DeviceTable((name) =>
      counts(name, files) ? new Interface(name, this.#file.path, linkBytesPerSecond(name, files), recorder, this.#totals) : undefined,
    );
  }

  collect(timeMs: number): void {
    const scanner = this.#file.scan();
    const totals = this.#totals;
    totals.receive = totals.transmit = totals.errors = totals.utilization = Number.NaN;
    this.#interfaces.begin();
    scanner.nextLine();
    scanner.nextLine();
    for (; !scanner.atEnd; scanner.nextLine()) {
      scanner.blanks();
      if (!scanner.atLineEnd) this.#interfaces.match(scanner)?.update(scanner, timeMs / 1_000);
    }
    this.#interfaces.end();
    this.#recorder.record(this.#receive, totals.receive);
    this.#recorder.record(this.#transmit, totals.transmit);
    this.#recorder.record(this.#errors, totals.errors);
    this.#recorder.record(this.#utilization, totals.utilization);
  }

  close(): void {
    this.#file.close();
  }
}

class Interface implements Device {
  readonly #name: string;
  readonly #path: string;
  readonly #bytesPerSecond: number;
  readonly #recorder: Recorder;
  readonly #totals: Totals;
  readonly #receive: Series;
  readonly #transmit: Series;
  readonly #utilization: Series | undefined;
  readonly #received = new Rate();
  readonly #transmitted = new Rate();
  readonly #receiveErrors = new Rate();
  readonly #transmitErrors = new Rate();

  constructor(name: string, path: string, bytesPerSecond: number, recorder: Recorder, totals: Totals) {
    this.#name = name;
    this.#path = path;
    this.#bytesPerSecond = bytesPerSecond;
    this.#recorder = recorder;
    this.#totals = totals;
    const labels = { interface: name };
    this.#receive = recorder.open('network.io.receive', labels);
    this.#transmit = recorder.open('network.io.transmit', labels);
    this.#utilization = Number.isNaN(bytesPerSecond) ? undefined : recorder.open('network.utilization', labels);
  }

  update(scanner: Scanner, seconds: number): void {
    const received = this.#next(this.#received, scanner, seconds);
    scanner.skipWords(GAP_TO_ERRORS);
    const receiveErrors = this.#next(this.#receiveErrors, scanner, seconds);
    scanner.skipWords(GAP_TO_TRANSMIT);
    const transmitted = this.#next(this.#transmitted, scanner, seconds);
    scanner.skipWords(GAP_TO_ERRORS);
    const transmitErrors = this.#next(this.#transmitErrors, scanner, seconds);
    // Counters of an interface start over together; half a reading would be a wrong one.
    if (Number.isNaN(received + transmitted + receiveErrors + transmitErrors)) return;
    this.#recorder.record(this.#receive, received);
    this.#recorder.record(this.#transmit, transmitted);
    const totals = this.#totals;
    totals.receive = plus(totals.receive, received);
    totals.transmit = plus(totals.transmit, transmitted);
    totals.errors = plus(totals.errors, receiveErrors + transmitErrors);
    if (this.#utilization === undefined) return;
    const utilization = Math.max(received, transmitted) / this.#bytesPerSecond;
    this.#recorder.record(this.#utilization, utilization);
    totals.utilization = larger(totals.utilization, utilization);
  }

  gone(): void {
    this.#recorder.release(this.#receive);
    this.#recorder.release(this.#transmit);
    if (this.#utilization !== undefined) this.#recorder.release(this.#utilization);
  }

  #next(counter: Rate, scanner: Scanner, seconds: number): number {
    const value = scanner.number();
    if (Number.isNaN(value)) throw malformed(this.#path, `too few numbers for ${this.#name}`);
    return counter.next(value, seconds);
  }
}

/**
 * Interfaces with hardware behind them; where there are none, as in a container, all but loopback. Bridges, tunnels
 * and the like carry what passes through a real one too, and would count it twice.
 */
export function counts(name: string, files: KernelFiles): boolean {
  if (name === 'lo') return false;
  const isHardware = (other: string): boolean => files.exists(join(files.roots.sys, 'class/net', other, 'device'));
  return isHardware(name) || !interfaces(files).some(isHardware);
}

function interfaces(files: KernelFiles): string[] {
  const folder = join(files.roots.sys, 'class/net');
  return files.exists(folder) ? readdirSync(folder) : [];
}

/** NaN where the driver does not tell, as of most virtual interfaces: it answers -1, or an error. */
function linkBytesPerSecond(name: string, files: KernelFiles): number {
  const megabits = Number(files.text(join(files.roots.sys, 'class/net', name, 'speed')) ?? Number.NaN);
  return megabits > 0 ? megabits * BYTES_PER_MEGABIT : Number.NaN;
}
