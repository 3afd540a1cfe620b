import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Registry } from '../src/registry.js';
import { linuxSources } from '../src/sources/linux.js';
import { Sampler } from '../src/sampler.js';

/** Files as a kernel shows them, that a test writes anew between samples. */
export class KernelFixture {
  readonly root: string = mkdtempSync(join(tmpdir(), 'fog-monitor-'));

  /** Starts from files recorded in `fixtures/`. */
  recorded(name: string): this {
    cpSync(new URL(`fixtures/${name}`, import.meta.url), join(this.root, 'proc'), { recursive: true });
    return this;
  }

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
    this.#sampler = new Sampler(this.registry, (source, error) => void this.failures.push(`${source}: ${String(error)}`));
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
