import { createHash, pbkdf2Sync } from 'node:crypto';
import fs, { createReadStream, createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type Recording, createProfiler } from '@fog/profiler';

/** Programs with one problem each, and healthy ones. `node catalogue.worker.js NAME FOLDER` prints what is found in it. */
interface Program {
  /** The kind of finding that is right; `undefined` of a healthy program. */
  readonly problem: string | undefined;
  /** Where it is, outermost first; a finding names one of these, and findings of other kinds may do so too. */
  readonly sites: readonly string[];
  readonly memory?: 'live';
  readonly run: (folder: string, recording: Recording) => Promise<unknown>;
}

const spin = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end; );
};

async function serve(handler: http.RequestListener, use: (url: string) => Promise<unknown>): Promise<void> {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** Requests at a rate that leaves the process mostly idle. */
async function load(url: string, requests: number, everyMs: number): Promise<void> {
  for (let request = 0; request < requests; request += 1) {
    await (await fetch(`${url}/item/${request}`)).text();
    await pause(everyMs);
  }
}

const rows = (count: number): { readonly id: number; readonly name: string; readonly tags: string[] }[] =>
  Array.from({ length: count }, (_, id) => ({ id, name: `row ${id}`, tags: ['a', 'b', `t${id % 7}`] }));

function crunch(from: number, steps: number): number {
  let sum = from;
  for (let step = 0; step < steps; step += 1) sum = (Math.imul(sum, 31) + step) | 0;
  return sum;
}

async function slowReport(): Promise<number> {
  let sum = 0;
  for (let part = 0; part < 40; part += 1) {
    sum = scoreAll(sum);
    await turn();
  }
  return sum;
}
function scoreAll(from: number): number {
  let sum = from;
  for (let row = 0; row < 400; row += 1) sum = crunch(sum, 100_000);
  return sum;
}

async function parseMuch(): Promise<void> {
  const text = JSON.stringify(rows(20_000));
  for (let round = 0; round < 60; round += 1) {
    parseAgain(text);
    await turn();
  }
}
function parseAgain(text: string): unknown {
  return JSON.parse(text);
}

async function stringifyMuch(): Promise<void> {
  const data = rows(20_000);
  for (let round = 0; round < 80; round += 1) {
    writeOut(data);
    await turn();
  }
}
function writeOut(data: unknown): string {
  return JSON.stringify(data);
}

async function backtrack(): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    isSlug(`${'a'.repeat(23)}!`);
    await turn();
  }
}
function isSlug(text: string): boolean {
  return /^(a+)+$/.test(text);
}

const kept: unknown[] = [];
function hoard(count: number): void {
  for (let index = 0; index < count; index += 1) kept.push({ index, text: `entry ${index}`, list: [index, index, index] });
}

function chart(width: number): number[][] {
  return Array.from({ length: width }, (_, x) => Array.from({ length: 1_000 }, (_, y) => x * y + 0.5));
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  'slow function': { problem: 'slow-function', sites: ['scoreAll', 'crunch'], run: slowReport },
  'JSON.parse in a loop': { problem: 'hot-builtin', sites: ['parseAgain'], run: parseMuch },
  'JSON.stringify in a loop': { problem: 'hot-builtin', sites: ['writeOut'], run: stringifyMuch },
  'catastrophic regular expression': { problem: 'hot-builtin', sites: ['isSlug'], run: backtrack },
  'synchronous key derivation': {
    problem: 'hot-builtin',
    sites: ['run'],
    run: async () => {
      for (let round = 0; round < 10; round += 1) {
        pbkdf2Sync(`password ${round}`, 'salt', 200_000, 32, 'sha256');
        await turn();
      }
    },
  },
  'synchronous compression': {
    problem: 'hot-builtin',
    sites: ['run'],
    run: async () => {
      const text = JSON.stringify(rows(20_000));
      for (let round = 0; round < 12; round += 1) {
        gzipSync(text);
        await turn();
      }
    },
  },
  'template read with every request': {
    problem: 'sync-io',
    sites: ['template', 'load'],
    run: async (folder) => {
      const file = join(folder, 'template.html');
      writeFileSync(file, 'x'.repeat(300_000));
      const template = (): string => readFileSync(file, 'utf8');
      await serve((_, response) => response.end(template().slice(0, 100)), (url) => load(url, 250, 4));
    },
  },
  'log written synchronously': {
    problem: 'sync-io',
    sites: ['log'],
    run: async (folder) => {
      const file = join(folder, 'service.log');
      const log = (line: string): void => fs.appendFileSync(file, line);
      for (let round = 0; round < 100; round += 1) {
        for (let line = 0; line < 100; line += 1) log(`line ${line} of round ${round}\n`);
        await pause(1);
      }
    },
  },
  'large allocations': {
    problem: 'large-allocation',
    sites: ['chart', '(anonymous)'],
    run: async () => {
      for (let round = 0; round < 12; round += 1) {
        kept[0] = chart(200);
        await pause(60);
      }
    },
  },
  'garbage by the gigabyte': {
    problem: 'gc-pressure',
    sites: ['hoard'],
    run: async () => {
      for (let round = 0; round < 12; round += 1) {
        kept.length = 0;
        hoard(120_000);
        await turn();
      }
    },
  },
  'cache without bound': {
    problem: 'leak-suspect',
    sites: ['hoard'],
    memory: 'live',
    run: async (_, recording) => {
      kept.length = 0;
      for (let part = 0; part < 4; part += 1) {
        hoard(20_000);
        await pause(20);
        await recording.checkpoint();
      }
      hoard(20_000);
    },
  },
  'buffers kept': {
    problem: 'leak-suspect',
    sites: ['keep', 'run'],
    memory: 'live',
    run: async (_, recording) => {
      const buffers: Buffer[] = [];
      const keep = (): void => void buffers.push(Buffer.alloc(20_000, 1));
      for (let part = 0; part < 5; part += 1) {
        for (let request = 0; request < 300; request += 1) {
          keep();
          if (request % 10 === 0) await pause(1);
        }
        await recording.checkpoint();
      }
    },
  },
  'a formatter made for every date': {
    problem: 'hot-function',
    sites: ['label'],
    run: async () => {
      const label = (day: number): string => new Intl.DateTimeFormat('de-DE', { dateStyle: 'full' }).format(day * 86_400_000);
      for (let round = 0; round < 25; round += 1) {
        for (let day = 0; day < 400; day += 1) label(day);
        await turn();
      }
    },
  },
  'disk at full speed': {
    problem: 'disk-rate',
    sites: ['run'],
    run: async (folder) => {
      const block = Buffer.alloc(20_000_000, 1);
      for (let round = 0; round < 10; round += 1) await writeFile(join(folder, 'large.bin'), block);
      for (let round = 0; round < 10; round += 1) await readFile(join(folder, 'large.bin'));
    },
  },
  'network at full speed': {
    problem: 'network-rate',
    sites: ['run', 'round', '(anonymous)'],
    run: async () => {
      const block = Buffer.alloc(2_000_000, 1);
      await serve((_, response) => response.end(block), async (url) => {
        for (let round = 0; round < 60; round += 1) await (await fetch(url)).arrayBuffer();
      });
    },
  },
  'a query for every row (N+1)': {
    problem: 'repeated-waits',
    sites: ['query'],
    run: async () => {
      const database = net.createServer((socket) => void socket.on('data', (question) => socket.write(question))).listen(0, '127.0.0.1');
      await new Promise((resolve) => database.once('listening', resolve));
      const connection = net.connect((database.address() as AddressInfo).port, '127.0.0.1');
      const query = (text: string): Promise<unknown> => {
        const answer = new Promise((resolve) => connection.once('data', resolve));
        connection.write(text);
        return answer;
      };
      const list = async (response: http.ServerResponse): Promise<void> => {
        for (let row = 0; row < 20; row += 1) await query(`SELECT ${row}`);
        response.end('done');
      };
      await serve((_, response) => void list(response), (url) => load(url, 50, 5));
      connection.destroy();
      database.close();
    },
  },
  'files read one after the other': {
    problem: 'repeated-waits',
    sites: ['run'],
    run: async (folder) => {
      const names = Array.from({ length: 3_000 }, (_, index) => join(folder, `part-${index % 50}.txt`));
      for (const name of names.slice(0, 50)) writeFileSync(name, 'part');
      for (const name of names) await readFile(name, 'utf8');
    },
  },
  'promises for a hundred thousand rows at once': {
    problem: 'promise-storm',
    sites: ['run', 'one', '(anonymous)'],
    run: async () => {
      const one = async (row: number): Promise<number> => {
        await pause(50);
        return row;
      };
      await Promise.all(Array.from({ length: 60_000 }, (_, row) => one(row)));
    },
  },
  'event loop held now and then': {
    problem: 'event-loop-stall',
    sites: ['recount', 'spin'],
    run: async () => {
      const recount = (): void => spin(300);
      for (let round = 0; round < 2; round += 1) {
        await pause(900);
        recount();
      }
    },
  },

  'idle': { problem: undefined, sites: [], run: () => pause(1_000) },
  'small service': { problem: undefined, sites: [], run: () => serve((request, response) => response.end(JSON.stringify({ url: request.url, rows: rows(20) })), (url) => load(url, 150, 5)) },
  'service with one query a request': {
    problem: undefined,
    sites: [],
    run: async () => {
      const database = net.createServer((socket) => void socket.on('data', (question) => socket.write(question))).listen(0, '127.0.0.1');
      await new Promise((resolve) => database.once('listening', resolve));
      const connection = net.connect((database.address() as AddressInfo).port, '127.0.0.1');
      const answer = (response: http.ServerResponse): void => {
        connection.once('data', () => response.end('done'));
        connection.write('SELECT 1');
      };
      await serve((_, response) => answer(response), (url) => load(url, 150, 4));
      connection.destroy();
      database.close();
    },
  },
  'service that asks for ten things at once': {
    problem: undefined,
    sites: [],
    run: async () => {
      const store = net.createServer((socket) => void socket.on('data', (question) => setTimeout(() => socket.write(question), 2))).listen(0, '127.0.0.1');
      await new Promise((resolve) => store.once('listening', resolve));
      const connections = Array.from({ length: 10 }, () => net.connect((store.address() as AddressInfo).port, '127.0.0.1'));
      const ask = (connection: net.Socket): Promise<unknown> => {
        const answer = new Promise((resolve) => connection.once('data', resolve));
        connection.write('GET');
        return answer;
      };
      await serve((_, response) => void Promise.all(connections.map(ask)).then(() => response.end('done')), (url) => load(url, 100, 5));
      for (const connection of connections) connection.destroy();
      store.close();
    },
  },
  'stream copied': {
    problem: undefined,
    sites: [],
    run: async (folder) => {
      writeFileSync(join(folder, 'source.bin'), Buffer.alloc(4_000_000, 7));
      for (let round = 0; round < 4; round += 1) {
        await pipeline(createReadStream(join(folder, 'source.bin')), createWriteStream(join(folder, 'target.bin')));
        await pause(200);
      }
    },
  },
  'files read together': {
    problem: undefined,
    sites: [],
    run: async (folder) => {
      const names = Array.from({ length: 40 }, (_, index) => join(folder, `page-${index}.txt`));
      for (const name of names) writeFileSync(name, 'page');
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(names.map((name) => readFile(name, 'utf8')));
        await pause(150);
      }
    },
  },
  'configuration read at the start': {
    problem: undefined,
    sites: [],
    run: async (folder) => {
      writeFileSync(join(folder, 'config.json'), JSON.stringify(rows(50)));
      kept[0] = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
      await pause(800);
    },
  },
  'work in small pieces': {
    problem: undefined,
    sites: [],
    run: async () => {
      for (let round = 0; round < 100; round += 1) {
        crunch(round, 400_000);
        await pause(9);
      }
    },
  },
  'bounded cache': {
    problem: undefined,
    sites: [],
    memory: 'live',
    run: async (_, recording) => {
      for (let part = 0; part < 4; part += 1) {
        kept.length = 0;
        hoard(5_000);
        await pause(50);
        await recording.checkpoint();
      }
    },
  },
  'buffers used for a while': {
    problem: undefined,
    sites: [],
    memory: 'live',
    run: async (_, recording) => {
      for (let part = 1; part < 5; part += 1) {
        for (let request = 0; request < 100 * part; request += 1) {
          Buffer.alloc(20_000, 1);
          if (request % 10 === 0) await pause(2);
        }
        await recording.checkpoint();
      }
    },
  },
  'tool that ends at once': {
    problem: undefined,
    sites: [],
    run: async (folder) => {
      writeFileSync(join(folder, 'words.txt'), 'the quick brown fox jumps over the lazy dog '.repeat(2_000));
      const counts = new Map<string, number>();
      for (const word of readFileSync(join(folder, 'words.txt'), 'utf8').split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1);
      writeFileSync(join(folder, 'counts.json'), JSON.stringify([...counts]));
    },
  },
  'hashes of small texts': {
    problem: undefined,
    sites: [],
    run: async () => {
      for (let round = 0; round < 100; round += 1) {
        for (let text = 0; text < 20; text += 1) createHash('sha256').update(`text ${text}`).digest('hex');
        await pause(8);
      }
    },
  },
  'timers and promises': {
    problem: undefined,
    sites: [],
    run: async () => {
      for (let round = 0; round < 50; round += 1) await Promise.all(Array.from({ length: 50 }, () => pause(10)));
    },
  },
};

const [, , name] = process.argv;
if (name === undefined) console.log(JSON.stringify(Object.entries(PROGRAMS).map(([title, { problem, sites }]) => ({ title, problem, sites }))));
else {
  const program = PROGRAMS[name];
  if (program === undefined) throw new Error(`no program ${name}`);
  const folder = await mkdtemp(join(tmpdir(), 'fog-catalogue-'));
  const profiler = createProfiler({ memory: { samplingIntervalBytes: 65_536 } });
  const recording = await profiler.start({ mode: 'ALL', ...(program.memory && { memory: program.memory }) });
  await program.run(folder, recording);
  const found = (await recording.stop()).bottlenecks();
  await profiler.close();
  await rm(folder, { recursive: true });
  console.log(JSON.stringify(found.map(({ kind, title, evidence, confidence, share, frame }) => ({ kind, title, evidence, confidence, share, site: frame?.name }))));
}
