import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { createProfiler } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';

const MESSAGE = Buffer.alloc(512, 'x');

/** Whether and how writes are attributed, while it is on. */
interface Attribution {
  start(): unknown;
  stop(): unknown;
}

/** A socket that is written to and answers, as a driver of a database does; both ends are in this process. */
async function echo(attribution: Attribution): Promise<Subject> {
  const server = net.createServer((socket) => void socket.on('data', (bytes) => socket.write(bytes))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
  await once(socket, 'connect');
  const turn = (): Promise<number> =>
    new Promise((resolve) => {
      socket.once('data', (bytes: Buffer) => resolve(bytes.length));
      socket.write(MESSAGE);
    });
  const run = async (iterations: number): Promise<number> => {
    let bytes = 0;
    for (let iteration = 0; iteration < iterations; iteration += 1) bytes += await turn();
    return bytes;
  };
  return {
    run,
    figures: async () => ({ addedUs: await addedUs(run, attribution) }),
    close: () => {
      socket.destroy();
      server.close();
    },
  };
}

const TURNS = 8;
const OPERATIONS = 5_000;
/** Compilers have to see the changed functions before they are measured, and again without. */
const WARM_OPERATIONS = 5_000;

/** CPU an operation takes more with it on than off: turn about in one process, the least of each, as what disturbs only adds. */
async function addedUs(run: (iterations: number) => Promise<number>, attribution: Attribution): Promise<number> {
  const cpuUs = async (): Promise<number> => {
    await run(WARM_OPERATIONS);
    const from = process.cpuUsage();
    await run(OPERATIONS);
    const { user, system } = process.cpuUsage(from);
    return (user + system) / OPERATIONS;
  };
  let [on, off] = [Infinity, Infinity];
  for (let turn = 0; turn < TURNS; turn += 1) {
    off = Math.min(off, await cpuUs());
    await attribution.start();
    on = Math.min(on, await cpuUs());
    await attribution.stop();
  }
  return on - off;
}

function fog(): Promise<Subject> {
  const profiler = createProfiler();
  return echo({ start: () => profiler.start({ io: true }), stop: () => profiler.stop() });
}

/** What tracers do: a stack as text at each write. */
function stackEachTime(): Promise<Subject> {
  const sites = new Map<string, number>();
  const prototype = net.Socket.prototype;
  const original: unknown = Reflect.get(prototype, 'write');
  const write = original as (this: net.Socket, ...args: unknown[]) => boolean;
  return echo({
    start: () => {
      prototype.write = function watched(this: net.Socket, ...args: unknown[]) {
        const { stack = '' } = new Error('site');
        sites.set(stack, (sites.get(stack) ?? 0) + 1);
        return write.apply(this, args);
      };
    },
    stop: () => Reflect.deleteProperty(prototype, 'write'),
  });
}

const OFF = 'nothing in both turns';
const OURS = '@fog/profiler, sites by bytes';
const STACKS = 'a stack an operation';

export default defineBench({
  name: 'profiler/io-sites',
  title: 'A net echo of 512 bytes: CPU that attributing its I/O to call sites adds, against turns without',
  operation: 'question and answer',
  cases: { echo: undefined },
  contenders: { [OFF]: () => echo({ start: () => undefined, stop: () => undefined }), [OURS]: fog, [STACKS]: stackEachTime },
  reference: OFF,
  rounds: 2,
  targets: (readings) => [{ id: 'added CPU, against a stack an operation', reach: '<= 0.1', value: readings.figure('addedUs', OURS) / readings.figure('addedUs', STACKS) }],
});
