import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { createProfiler } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';

const MESSAGE = Buffer.alloc(512, 'x');

/** A socket that is written to and answers, as a driver of a database does. */
async function echo(start: () => unknown, close: () => unknown): Promise<Subject> {
  const server = net.createServer((socket) => void socket.on('data', (bytes) => socket.write(bytes))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await start();
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay();
  await once(socket, 'connect');
  const turn = (): Promise<number> =>
    new Promise((resolve) => {
      let received = 0;
      const take = (bytes: Buffer): void => {
        received += bytes.length;
        if (received < MESSAGE.length) return;
        socket.off('data', take);
        resolve(received);
      };
      socket.on('data', take);
      socket.write(MESSAGE);
    });
  return {
    run: async (iterations) => {
      let bytes = 0;
      for (let iteration = 0; iteration < iterations; iteration += 1) bytes += await turn();
      return bytes;
    },
    close: async () => {
      await close();
      socket.destroy();
      server.close();
    },
  };
}

function fog(): Promise<Subject> {
  const profiler = createProfiler();
  return echo(() => profiler.start({ io: true }), () => profiler.close());
}

/** What tracers do: a stack as text at each write. */
function stackEachTime(): Promise<Subject> {
  const sites = new Map<string, number>();
  const prototype = net.Socket.prototype;
  const original: unknown = Reflect.get(prototype, 'write');
  const write = original as (this: net.Socket, ...args: unknown[]) => boolean;
  return echo(
    () => {
      prototype.write = function watched(this: net.Socket, ...args: unknown[]) {
        const { stack = '' } = new Error('site');
        sites.set(stack, (sites.get(stack) ?? 0) + 1);
        return write.apply(this, args);
      };
    },
    () => Reflect.deleteProperty(prototype, 'write'),
  );
}

const OFF = 'not recorded';
const OURS = '@fog/profiler, sites by bytes';
const STACKS = 'a stack an operation';

export default defineBench({
  name: 'profiler/io-sites',
  title: 'A net echo of 512 bytes while its I/O is attributed to call sites',
  operation: 'question and answer',
  cases: { echo: undefined },
  contenders: { [OFF]: () => echo(() => undefined, () => undefined), [OURS]: fog, [STACKS]: stackEachTime },
  reference: OFF,
  rounds: 7,
  targets: (readings) => {
    const added = (contender: string): number => readings.cpuNs(contender) - readings.cpuNs(OFF);
    return [{ id: 'added CPU, against a stack an operation', reach: '<= 0.1', value: added(OURS) / added(STACKS) }];
  },
});
