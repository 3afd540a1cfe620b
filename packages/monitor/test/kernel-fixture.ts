import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../src/clock.js';
import { Registry } from '../src/registry.js';
import { linuxSources } from '../src/sources/linux.js';
import { Sampler } from '../src/sampler.js';

/** What a machine's files said at one time. */
export interface Reading {
  /** Since the machine started, in ms, by its own `proc/uptime`. */
  readonly timeMs: number;
  /** By their paths from the root; folders end in / and are empty. */
  readonly files: Readonly<Record<string, string>>;
}

const fixtures = new URL('fixtures/', import.meta.url);
/** `fixtures/README.md` says where they are from. */
export const recordings: readonly string[] = readdirSync(fixtures).filter((name) => name.startsWith('linux-'));

/** The readings of a recording, in their order. */
export function readingsOf(recording: string): Reading[] {
  const text = readFileSync(new URL(recording, fixtures), 'latin1');
  return text.split(/^(?===> proc\/uptime <==$)/m).map((reading) => {
    const [, ...parts] = reading.split(/^==> (.*) <==\n/m);
    const files = Object.fromEntries(parts.flatMap((path, index) => (index % 2 === 0 ? [[path, parts[index + 1] ?? '']] : [])));
    return { timeMs: Number.parseFloat(files['proc/uptime'] ?? '') * 1_000, files };
  });
}

/** Files as a kernel shows them, that a test writes anew between samples. */
export class KernelFixture {
  readonly root: string = mkdtempSync(join(tmpdir(), 'fog-monitor-'));

  /** Paths from the root, as in `proc/stat`; those that end in / become folders. */
  write(files: Readonly<Record<string, string>>): this {
    for (const [path, text] of Object.entries(files)) {
      const full = join(this.root, path);
      mkdirSync(path.endsWith('/') ? full : dirname(full), { recursive: true });
      if (!path.endsWith('/')) writeFileSync(full, text);
    }
    return this;
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  delete(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The least that every source of the kernel's files needs. */
export const minimal: Readonly<Record<string, string>> = {
  'proc/stat': 'cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n',
  'proc/meminfo': 'MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\nBuffers: 10 kB\nCached: 100 kB\n',
  'proc/loadavg': '0.25 1.88 10.05 1/147 9942\n',
  'proc/diskstats': '',
  'proc/net/dev': 'Inter-|   Receive\n face |bytes\n',
  'proc/self/statm': '765 421 393 5 0 123 0\n',
  'sys/block/': '',
  'sys/class/net/': '',
};

/** The sources of the kernel's files on a fixture, sampled by hand. */
export class FixtureSampler {
  readonly registry: Registry;
  readonly failures: string[] = [];
  readonly #sampler: Sampler;
  #timeMs = 0;

  constructor(fixture: KernelFixture, { scope = 'auto', historySize = 100 }: { readonly scope?: 'auto' | 'host' | 'cgroup'; readonly historySize?: number } = {}) {
    this.registry = new Registry({ historySize, maxSeries: 100 });
    this.#sampler = new Sampler(this.registry, systemClock, (source, error) => void this.failures.push(`${source}: ${String(error)}`));
    for (const source of linuxSources(scope, this.registry, { proc: join(fixture.root, 'proc'), sys: join(fixture.root, 'sys') })) this.#sampler.add(source);
  }

  /** Values of a sample taken `afterMs` later. */
  sample(afterMs = 1_000): Record<string, number> {
    this.#timeMs += afterMs;
    this.#sampler.sample(this.#timeMs);
    const values = this.registry.all().map((series) => [series.name, this.registry.latest(series)] as const);
    return Object.fromEntries(values.filter(([, value]) => !Number.isNaN(value)));
  }

  close(): void {
    this.#sampler.close();
  }
}
