import { availableParallelism, loadavg } from 'node:os';
import type { Systeminformation } from 'systeminformation';
import type { MetricName } from '../metrics.js';
import type { Recorder } from '../registry.js';
import { seriesName, type Labels, type Series } from '../series.js';
import { MemorySeries } from './memory-series.js';
import { plus } from './missing.js';
import type { Source } from './source.js';

/** One round of answers. */
interface Reading {
  readonly load: Systeminformation.CurrentLoadData | undefined;
  readonly memory: Systeminformation.MemData;
  /** `null` on some platforms, whatever the types say. */
  readonly disks: Systeminformation.DisksIoData | null;
  readonly files: Systeminformation.FsStatsData | null;
  readonly networks: readonly Systeminformation.NetworkStatsData[];
}

/**
 * The machine's numbers through `systeminformation`, for platforms without the kernel's files. It starts programs and
 * parses what they print, which takes a third of a second: a sample records what was fetched since the one before,
 * and nothing twice.
 */
export class Portable implements Source {
  readonly name = 'portable';
  readonly #recorder: Recorder;
  readonly #memory: MemorySeries;
  /** What has been recorded so far, by name. */
  readonly #known = new Map<string, Series>();
  #interfaces: ReadonlySet<string> = new Set();
  #loadHasBaseline = false;
  #reading: Reading | undefined;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#memory = new MemorySeries(recorder);
  }

  async prepare(): Promise<void> {
    // Only here, so that whoever reads the kernel's files never loads it.
    const { default: system } = await import('systeminformation');
    const [load, memory, disks, files, networks] = await Promise.all([
      system.currentLoad(),
      system.mem(),
      system.disksIO(),
      system.fsStats(),
      system.networkStats('*'),
    ]);
    // The first answer is the average since the machine was started.
    this.#reading = { load: this.#loadHasBaseline ? load : undefined, memory, disks, files, networks };
    this.#loadHasBaseline = true;
  }

  collect(): void {
    this.#record('process.memory.rss', process.memoryUsage.rss());
    const reading = this.#reading;
    this.#reading = undefined;
    if (reading === undefined) return;
    this.#recordCpu(reading.load);
    this.#memory.record(reading.memory.total - reading.memory.available, reading.memory.total);
    this.#record('disk.io.read', reading.files?.rx_sec);
    this.#record('disk.io.write', reading.files?.wx_sec);
    this.#record('disk.operations.read', reading.disks?.rIO_sec);
    this.#record('disk.operations.write', reading.disks?.wIO_sec);
    this.#recordNetwork(reading.networks.filter(({ iface }) => !/^lo\d*$|^Loopback/.test(iface)));
  }

  #recordCpu(load: Systeminformation.CurrentLoadData | undefined): void {
    this.#record('cpu.limit', availableParallelism());
    // Windows has no such thing and Node gives 0 for it.
    if (process.platform !== 'win32') {
      const [one, five, fifteen] = loadavg();
      this.#record('cpu.load_average.1m', one);
      this.#record('cpu.load_average.5m', five);
      this.#record('cpu.load_average.15m', fifteen);
    }
    if (load === undefined) return;
    this.#record('cpu.utilization', load.currentLoad / 100);
    this.#record('cpu.utilization', load.currentLoadUser / 100, { mode: 'user' });
    this.#record('cpu.utilization', load.currentLoadSystem / 100, { mode: 'system' });
  }

  #recordNetwork(networks: readonly Systeminformation.NetworkStatsData[]): void {
    let [receive, transmit] = [Number.NaN, Number.NaN];
    for (const { iface, rx_sec: received, tx_sec: transmitted } of networks) {
      this.#record('network.io.receive', received, { interface: iface });
      this.#record('network.io.transmit', transmitted, { interface: iface });
      if (isRate(received)) receive = plus(receive, received);
      if (isRate(transmitted)) transmit = plus(transmit, transmitted);
    }
    this.#record('network.io.receive', receive);
    this.#record('network.io.transmit', transmit);
    const present = new Set(networks.map(({ iface }) => iface));
    for (const name of this.#interfaces) if (!present.has(name)) this.#forget({ interface: name });
    this.#interfaces = present;
  }

  /** What the platform does not tell comes as `null`, or as a negative number, and is left out. */
  #record(metric: MetricName, value: number | null | undefined, labels?: Labels): void {
    if (!isRate(value)) return;
    const name = seriesName(metric, labels);
    const series = this.#known.get(name) ?? this.#recorder.open(metric, labels);
    this.#known.set(name, series);
    this.#recorder.record(series, value);
  }

  #forget(labels: Labels): void {
    for (const metric of ['network.io.receive', 'network.io.transmit'] as const) {
      const name = seriesName(metric, labels);
      const series = this.#known.get(name);
      if (series !== undefined) this.#recorder.release(series);
      this.#known.delete(name);
    }
  }
}

const isRate = (value: number | null | undefined): value is number => typeof value === 'number' && value >= 0 && value < Infinity;
