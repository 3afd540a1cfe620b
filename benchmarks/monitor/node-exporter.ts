import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** The program, as Debian and as its own releases call it; `undefined` where it is not installed. */
export const nodeExporter: string | undefined = [process.env['NODE_EXPORTER'], 'prometheus-node-exporter', 'node_exporter'].find(
  (name) => name !== undefined && spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
);

const COLLECTORS = ['cpu', 'meminfo', 'diskstats', 'netdev', 'loadavg'];
const TICKS_PER_SECOND = 100;

/** A node_exporter of our own with the collectors of what is compared. */
export class Exporter {
  readonly #process: ChildProcess;
  readonly #url: string;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.#url = url;
  }

  static async start(program: string): Promise<Exporter> {
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(program, ['--collector.disable-defaults', ...COLLECTORS.map((name) => `--collector.${name}`), `--web.listen-address=${address}`], { stdio: 'ignore' });
    const exporter = new Exporter(child, `http://${address}/metrics`);
    for (let tries = 0; tries < 100; tries += 1) {
      const answers = await exporter.scrape().then(
        () => true,
        () => false,
      );
      if (answers) return exporter;
      await pause(50);
    }
    throw new Error(`${program} does not answer`);
  }

  async scrape(): Promise<string> {
    return (await fetch(this.#url)).text();
  }

  /** CPU time it has used so far: proc(5), `utime` and `stime`. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
  }

  close(): void {
    this.#process.kill();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}
